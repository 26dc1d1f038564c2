// npm run bench [-- --only NAME --json FILE]: each workload on onedge and on its peer, run after run in turns, medians.
// Prints a table; --json writes {machine, versions, rows}. Run it with nothing else going on: other load changes the figures.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = `${process.env.XDG_CACHE_HOME || `${os.homedir()}/.cache`}/onedge/bench`;
const { values: options } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' }, rounds: { type: 'string', default: '15' } } });

const bert = (sequence) => Object.entries({ input_ids: 7, attention_mask: 1, token_type_ids: 0 }).map(([name, fill]) => `${name}=1x${sequence}:${fill}`);
const workloads = [
  { name: 'minilm-1x128', model: 'minilm', inputs: bert(128) },
  { name: 'minilm-1x16', model: 'minilm', inputs: bert(16) },
  { name: 'bert-tiny-1x128', model: 'bert-tiny', inputs: bert(128) },
  { name: 'mobilenet-v2', model: 'mobilenet_v2', inputs: ['image=1x3x224x224:0.5'] },
];
// As PyTorch exports them, with seeded weights.
const generators = {
  minilm: ['minilm/generate.py'],
  'bert-tiny': ['minilm/generate.py', '--layers', '2', '--hidden', '128', '--heads', '2', '--intermediate', '512'],
  mobilenet_v2: ['mobilenet_v2/generate.py'],
};
// Node with relaxed SIMD, which Node 20 lacks: what browsers and Workers have.
const node = `${root}/tests/engines/node_modules/.bin/node`;
const targets = {
  'minilm-1x128 simd': { target: 1.2, aim: 1.6 },
  'minilm-1x16 simd': { target: 1.4, aim: 1.6 },
  'minilm-1x128 relaxed': { target: 1.8, aim: 2.1 },
  'minilm-1x16 relaxed': { target: 1.8, aim: 2.1 },
  'bert-tiny-1x128 simd': { target: 1.8, aim: 2.5 },
  'bert-tiny-1x128 relaxed': { target: 1.8, aim: 2.5 },
  'mobilenet-v2 relaxed': { target: 1.7, aim: 2.2 },
  'mobilenet-v2 native': { target: 1.1, aim: 1.3 },
  'minilm-1x128 native': { target: 1, aim: 1.2 },
};

function modelPath(name) {
  const path = `${cache}/${name}.onnx`;
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    console.error(`generating ${name}`);
    const [script, ...args] = generators[name];
    execFileSync('/usr/bin/python3', [`${root}/models/${script}`, path, ...args], { stdio: 'inherit' });
  }
  return path;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

// One engine in its own process: run() makes it run the model once and resolves to the milliseconds that took.
async function contestant(engine, path, inputs) {
  const command =
    engine === 'onedge-native'
      ? [`${root}/build/native/tests/session_bench`, path, '1', ...inputs]
      : [node, `${root}/tests/bench/contestant.mjs`, engine, path, ...inputs];
  const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${engine} ended early`);
    return value;
  };
  await next(); // it says that it is loaded
  const run = async () => {
    child.stdin.write('run\n');
    return Number(await next());
  };
  return { run, close: () => child.stdin.end() };
}

async function compare(workload, build) {
  const path = modelPath(workload.model);
  const peer = build === 'native' ? 'onnxruntime-node' : 'onnxruntime-web';
  const ours = await contestant(`onedge-${build}`, path, workload.inputs);
  const theirs = await contestant(peer, path, workload.inputs);
  const times = { ours: [], theirs: [] };
  for (let i = 0; i < Number(options.rounds) + 3; ++i) {
    const our = await ours.run();
    const their = await theirs.run();
    if (i < 3) continue; // warming up
    times.ours.push(our);
    times.theirs.push(their);
  }
  ours.close();
  theirs.close();
  const [ours_ms, peer_ms] = [median(times.ours), median(times.theirs)];
  return {
    name: workload.name, host: build === 'native' ? 'native' : 'wasm', build, threads: 1, ours_ms, peer, peer_ms, ratio: peer_ms / ours_ms,
    ...targets[`${workload.name} ${build}`],
  };
}

const rows = [];
for (const workload of workloads.filter(({ name }) => !options.only || name.includes(options.only))) {
  for (const build of ['simd', 'relaxed', 'native']) rows.push(await compare(workload, build));
}
if (rows.length === 0) throw new Error(`no workload is called '${options.only}'; there are ${workloads.map(({ name }) => name).join(', ')}`);

const versionOf = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
const report = {
  machine: { cpu: os.cpus()[0].model, cores: os.cpus().length, node: execFileSync(node, ['--version']).toString().trim() },
  versions: Object.fromEntries(['onnxruntime-web', 'onnxruntime-node'].map((name) => [name, versionOf(name)])),
  rows,
};
console.log(`${report.machine.cpu}, ${report.machine.cores} cores, Node ${report.machine.node}; medians of ${options.rounds} runs in turns`);
console.log('workload           host    build    ours ms   peer ms   ratio  target   peer');
for (const row of rows) {
  console.log(
    `${row.name.padEnd(18)} ${row.host.padEnd(7)} ${row.build.padEnd(8)} ${row.ours_ms.toFixed(2).padStart(7)} ${row.peer_ms.toFixed(2).padStart(9)} ` +
      `${row.ratio.toFixed(2).padStart(7)} ${String(row.target ?? '-').padStart(7)}   ${row.peer}`,
  );
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
