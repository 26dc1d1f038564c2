// node tests/worker/measure.mjs [MODEL.onedge] [--text T] [--route /embed] [--warm N] [--rounds N] [--json FILE]: the
// cost of a model in an edge Worker (workerd): the start of an isolate, the first answer, N warm answers, memory; wall
// times, and CPU times of all threads. Each round is a new workerd, asked over one loopback connection; the time of an
// empty answer is subtracted. Needs Node 22 or newer (WebSocket, for the size of the JS heap): tests/engines has one.
// Run it on an idle machine.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    text: { type: 'string', default: 'Bonjour tout le monde, comment allez-vous ?' }, route: { type: 'string', default: '/predict' }, warm: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '7' }, json: { type: 'string' },
  },
});
const path = positionals[0] ?? join(here, '../../models/langid/langid-int8.onedge');
const model = readFileSync(path);

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The Worker in wrangler's bundled form: one script, with the wasm modules beside it. */
async function bundle(folder) {
  const wasm = [];
  await build({
    entryPoints: [join(here, 'measured_worker.js')], outfile: join(folder, 'index.js'), bundle: true, minify: true, format: 'esm', conditions: ['workerd', 'worker'], logLevel: 'error',
    plugins: [{
      name: 'wasm',
      setup(bundler) {
        bundler.onResolve({ filter: /\.wasm$/ }, (found) => {
          const name = basename(found.path);
          wasm.push({ type: 'CompiledWasm', path: name, contents: readFileSync(new URL(import.meta.resolve(found.path))) });
          return { path: `./${name}`, external: true };
        });
      },
    }],
  });
  return [{ type: 'ESModule', path: 'index.js', contents: readFileSync(join(folder, 'index.js'), 'utf8') }, ...wasm];
}

/** The milliseconds of CPU time of workerd, the only child of this process (Linux); other load does not change it. */
function processorTime() {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const workerd = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('workerd'));
  const tasks = readdirSync(`/proc/${workerd}/task`);
  return tasks.reduce((sum, task) => sum + Number(readFileSync(`/proc/${workerd}/task/${task}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e6;
}

/** Bytes of the isolate's JS heap, including garbage, read through the inspector. */
async function heapBytes(worker) {
  const url = String(await worker.getInspectorURL()).replace(/^ws/, 'http');
  const targets = await (await fetch(new URL('/json', url))).json();
  const socket = new WebSocket(targets.find(({ id }) => id.startsWith('core:user')).webSocketDebuggerUrl);
  const { result } = await new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }));
    socket.onmessage = ({ data }) => resolve(JSON.parse(data));
    socket.onerror = socket.onclose = () => reject(new Error('the inspector does not answer'));
  });
  socket.close();
  return result.usedSize;
}

/**
 * `fill`: puts the model into the store first, so that the first answer loads it from there; otherwise it is in the
 * cache. `port`: that of the round that filled the cache, because keys of the cache begin with the Worker's origin.
 */
async function round(modules, persist, fill, port = 0) {
  const worker = new Miniflare({
    port, modules, compatibilityDate: '2025-06-01', kvNamespaces: ['STORE'], bindings: { DIGEST: createHash('sha256').update(model).digest('hex') }, inspectorPort: 0, cf: false,
    kvPersist: join(persist, 'kv'), cachePersist: join(persist, 'cache'),
  });
  const address = await worker.ready;
  const timed = async (path, init) => {
    const started = performance.now();
    const response = await fetch(new URL(path, address), init);
    const body = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status}: ${body.slice(0, 300)}`);
    return performance.now() - started;
  };
  try {
    const predict = () => timed(options.route, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: options.text, truncate: true }) });
    if (fill) await timed('/fill', { method: 'POST', body: model });
    const empty = [];
    for (let i = 0; i < 50; ++i) empty.push(await timed('/nothing'));
    const base = median(empty);
    const cpu = [processorTime()];
    const instantiate = (await timed('/instantiate')) - base;
    cpu.push(processorTime());
    const first = (await predict()) - base;
    cpu.push(processorTime());
    const warm = [];
    for (let i = 0; i < Number(options.warm); ++i) warm.push((await predict()) - base);
    cpu.push(processorTime());
    const metrics = await (await fetch(new URL('/metrics', address))).text();
    if (!metrics.includes(`cache="${fill ? 'stored' : 'hit'}"`)) throw new Error(`the cache did not do what it should:\n${metrics}`);
    const { wasm, build } = await (await fetch(new URL('/memory', address))).json();
    const heap = typeof WebSocket === 'function' ? await heapBytes(worker) : NaN;
    return { port: Number(address.port), base, instantiate, instantiateCpu: cpu[1] - cpu[0], first, firstCpu: cpu[2] - cpu[1], warm: median(warm), warmCpu: (cpu[3] - cpu[2]) / warm.length, wasm, heap, build };
  } finally {
    await worker.dispose();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'onedge-edge-'));
const rounds = [];
const fills = [];
try {
  const modules = await bundle(folder);
  for (let i = 0; i < Number(options.rounds); ++i) {
    const persist = join(folder, String(i));
    fills.push(await round(modules, persist, true));
    rounds.push(await round(modules, persist, false, fills.at(-1).port));
  }
} finally {
  rmSync(folder, { recursive: true });
}
const of = (name, from = rounds) => median(from.map((one) => one[name]));
const rows = [
  { name: 'isolate start: instantiate the module', ours_ms: of('instantiate'), cpu_ms: of('instantiateCpu'), target: 10 },
  { name: 'cold first answer, model in the local cache', ours_ms: of('first'), cpu_ms: of('firstCpu'), target: 50 },
  { name: 'first answer ever, from the store into the cache', ours_ms: of('first', fills), cpu_ms: of('firstCpu', fills) },
  { name: 'warm answer', ours_ms: of('warm'), cpu_ms: of('warmCpu'), target: 2 },
  { name: 'wasm memory', ours: of('wasm') / 1e6, unit: 'MB' },
  { name: 'JS heap', ours: of('heap') / 1e6, unit: 'MB' },
];
console.log(`${basename(path)}, ${(model.length / 1e6).toFixed(1)} MB, workerd, ${rounds.length} rounds, an empty answer takes ${of('base').toFixed(2)} ms`);
for (const { name, ours_ms, cpu_ms, ours, unit, target } of rows) {
  console.log(`${name.padEnd(50)} ${(ours_ms ?? ours).toFixed(2).padStart(9)} ${ours_ms === undefined ? unit : 'ms'}${target ? `   at most ${target}` : ''}${cpu_ms ? `   (processors: ${cpu_ms.toFixed(2)} ms)` : ''}`);
}
if (options.json) writeFileSync(options.json, JSON.stringify({ rows: rows.map((row) => ({ host: 'workerd', build: rounds[0].build, model: basename(path), ...row })) }, null, 1));
