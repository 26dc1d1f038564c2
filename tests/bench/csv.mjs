// Workload: 10,000 short texts of a CSV, tokenized and embedded, from the start of the process to its end: `onedge
// batch` beside a Node.js program around onnxruntime-node and Hugging Face's tokenizers (csv_contestant.mjs), in turns.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { median } from './engine.mjs';
import { generated } from './generated.mjs';
import { NotMeasured } from './not_measured.mjs';
import { node, root, shared } from './places.mjs';
import { targetOf } from './targets.mjs';

const ROWS = 10_000;
const THREADS = 2;
const MAX_ROUNDS = 3;
const source = `${shared}/data/text/banking77_train.csv`;

const models = {
  'minilm-int8': { package: () => generated('minilm-int8.onedge'), onnx: () => generated('minilm-int8.onnx'), tokenizer: () => generated('wordpiece.json') },
  langid: { package: () => `${root}/models/langid/langid.onedge` },
};

/** The rows of the shared table, repeated. */
function table(path) {
  const [header, ...rows] = readFileSync(source, 'utf8').split(/\r?\n(?=(?:[^"]*"[^"]*")*[^"]*$)/).filter(Boolean);
  writeFileSync(path, `${[header, ...Array.from({ length: ROWS }, (_, i) => rows[i % rows.length])].join('\n')}\n`);
}

function timed([program, ...args]) {
  const started = performance.now();
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, RAYON_NUM_THREADS: String(THREADS) } });
  return (performance.now() - started) / 1000;
}

/** The files of a model for a peer that knows no packages. */
function unpacked(name, folder) {
  if (models[name].onnx) return [models[name].onnx(), models[name].tokenizer()];
  execFileSync('unzip', ['-q', '-o', models[name].package(), '-d', folder]);
  return [`${folder}/model.onnx`, `${folder}/tokenizer.json`];
}

async function* rows(name, rounds) {
  if (!existsSync(source)) throw new NotMeasured('there are no shared texts');
  const folder = mkdtempSync(`${os.tmpdir()}/onedge-bench-`);
  try {
    const input = `${folder}/in.csv`, ours = `${folder}/ours.csv`, theirs = `${folder}/theirs.csv`;
    table(input);
    const commands = [
      [`${root}/build/native/onedge`, 'batch', models[name].package(), '--input', input, '--column', 'text', '--output', ours, '--threads', String(THREADS)],
      [node, `${root}/tests/bench/csv_contestant.mjs`, ...unpacked(name, `${folder}/model`), input, theirs, String(THREADS)],
    ];
    const seconds = commands.map(() => []);
    for (let i = 0; i < Math.min(rounds, MAX_ROUNDS); ++i) {
      commands.forEach((command, k) => {
        rmSync(k === 0 ? ours : theirs, { force: true });
        seconds[k].push(timed(command));
      });
    }
    for (const path of [ours, theirs]) {
      const count = Number(execFileSync('/usr/bin/python3', ['-c', 'import csv,sys; print(sum(1 for _ in csv.reader(open(sys.argv[1], newline=""))) - 1)', path], { encoding: 'utf8' }));
      if (count !== ROWS) throw new Error(`${path}: expected ${ROWS} rows, got ${count}`);
    }
    const [our, their] = seconds.map((all) => ROWS / median(all));
    yield { name: `csv ${name}, ${ROWS.toLocaleString('en')} short texts`, host: 'native', build: 'native', threads: THREADS, ours: our, theirs: their, unit: 'rows/s', peer: 'onnxruntime-node + tokenizers', ratio: our / their, ...targetOf('csv') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** [{name, rows(rounds)}] */
export const csvWorkloads = Object.keys(models).map((name) => ({ name: `csv ${name}`, rows: (rounds) => rows(name, rounds) }));
