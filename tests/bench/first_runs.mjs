// Workloads: load MiniLM-L6 (f32, 90 MB) and run it once, each time in a new Node process: the time, and the peak
// resident memory minus that of an empty Node process.
import { execFileSync } from 'node:child_process';
import { generated } from './generated.mjs';
import { bert } from './models.mjs';
import { node, root } from './places.mjs';
import { median } from './engine.mjs';
import { targetOf } from './targets.mjs';

const PEER = 'onnxruntime-web';
const MAX_ROUNDS = 7;
const WEIGHTS = 90; // MB

const once = (...args) => JSON.parse(execFileSync(node, [`${root}/tests/bench/first_run.mjs`, ...args], { encoding: 'utf8' }));

let measured; // engine -> {ms, megabytes}; both workloads use one series of processes
function measure(rounds) {
  measured ??= (() => {
    const path = generated('minilm.onnx');
    const engines = ['onedge-simd', 'onedge-relaxed', PEER];
    const runs = [];
    for (let i = 0; i < Math.min(rounds, MAX_ROUNDS); ++i) runs.push({ empty: once(), ...Object.fromEntries(engines.map((engine) => [engine, once(engine, path, ...bert(128))])) });
    const of = (engine, what) => median(runs.map((run) => run[engine][what]));
    return Object.fromEntries(engines.map((engine) => [engine, { ms: of(engine, 'ms'), megabytes: (of(engine, 'peakBytes') - of('empty', 'peakBytes')) / 1e6 }]));
  })();
  return measured;
}

function* rows(rounds, name, what, unit, target) {
  const figures = measure(rounds);
  const theirs = figures[PEER][what];
  for (const build of ['simd', 'relaxed']) {
    const ours = figures[`onedge-${build}`][what];
    yield { name, host: 'node', build, threads: 1, ours, theirs, unit, peer: PEER, ratio: theirs / ours, ...target };
  }
}

/** [{name, rows(rounds)}] */
export const firstRunWorkloads = [
  { name: 'load minilm and run it once', rows: (rounds) => rows(rounds, 'load minilm and run it once', 'ms', 'ms', targetOf('load minilm')) },
  { name: 'memory of minilm in Node', rows: (rounds) => rows(rounds, 'memory of minilm in Node', 'megabytes', 'MB', { limit: 1.3 * WEIGHTS }) },
];
