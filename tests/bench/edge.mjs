// Workloads: a model in workerd, the runtime of edge Workers: start of the isolate, first and warm answers, memory (see
// tests/worker/measure.mjs), and onnxruntime-web, as far as it runs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { generated } from './generated.mjs';
import { words } from './make_wordpiece.mjs';
import { node, root } from './places.mjs';
import { peerInWorkerd } from './peer_in_workerd.mjs';
import { limitOf } from './targets.mjs';

const MAX_ROUNDS = 5; // two Workers a round
const WORDS = 126; // with [CLS] and [SEP] 128 tokens

const models = {
  'langid-int8': { path: () => `${root}/models/langid/langid-int8.onedge`, args: () => [], limits: { start: 10, first: 50, warm: 2, memory: 64 } },
  'minilm-int8': { path: () => generated('minilm-int8.onedge'), args: () => ['--text', words(WORDS), '--route', '/embed', '--warm', '30'], limits: { warmCpu: limitOf({ A: 40, B: 20 }), memory: 64 } },
};

const measured = new Map(); // model -> rows of measure.mjs by name, for the workloads that show some of them
function measure(model, rounds) {
  if (!measured.has(model)) {
    const folder = mkdtempSync(`${os.tmpdir()}/onedge-edge-`);
    try {
      const { path, args } = models[model];
      const json = `${folder}/rows.json`;
      execFileSync(node, [`${root}/tests/worker/measure.mjs`, path(), '--rounds', String(Math.min(rounds, MAX_ROUNDS)), '--json', json, ...args()], { stdio: ['ignore', 'ignore', 'inherit'] });
      measured.set(model, JSON.parse(readFileSync(json, 'utf8')).rows);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return (name) => {
    const row = measured.get(model).find((one) => one.name.startsWith(name));
    if (!row) throw new Error(`tests/worker/measure.mjs has no figure '${name}'`);
    return row;
  };
}

async function rowOf(figure, ours, fields) {
  const { error } = await peerInWorkerd();
  return { host: 'workerd', build: figure('wasm memory').build, threads: 1, ours, theirs: null, peer: 'onnxruntime-web', ratio: null, note: error, ...fields };
}

async function* answers(model, rounds) {
  const figure = measure(model, rounds);
  const { limits } = models[model];
  const start = figure('isolate start');
  yield rowOf(figure, start.cpu_ms, { name: `edge ${model} isolate start, processor time`, unit: 'ms', limit: limits.start });
  for (const [name, label, limit, cpuLimit] of [['cold first answer', 'first answer, model in the cache', limits.first], ['first answer ever', 'first answer, model from KV'], ['warm answer', 'warm answer', limits.warm, limits.warmCpu]]) {
    const { ours_ms, cpu_ms } = figure(name);
    yield rowOf(figure, ours_ms, { name: `edge ${model} ${label}`, unit: 'ms', limit });
    if (cpu_ms) yield rowOf(figure, cpu_ms, { name: `edge ${model} ${label}, processor time`, unit: 'ms', limit: cpuLimit });
  }
}

async function* memory(model, rounds) {
  const figure = measure(model, rounds);
  const wasm = figure('wasm memory').ours;
  const heap = figure('JS heap').ours;
  yield rowOf(figure, wasm, { name: `memory of ${model} in workerd, wasm`, unit: 'MB' });
  yield rowOf(figure, heap, { name: `memory of ${model} in workerd, JS heap`, unit: 'MB' });
  yield rowOf(figure, wasm + heap, { name: `memory of ${model} in workerd`, unit: 'MB', limit: models[model].limits.memory });
}

/** [{name, rows(rounds)}] */
export const edgeWorkloads = Object.keys(models).flatMap((model) => [
  { name: `edge ${model}`, rows: (rounds) => answers(model, rounds) },
  { name: `memory of ${model} in workerd`, rows: (rounds) => memory(model, rounds) },
]);
