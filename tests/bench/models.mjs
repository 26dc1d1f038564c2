// Workloads: a run of a model, on onedge and on ONNX Runtime.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import { inTurns } from './engine.mjs';
import { node, root } from './places.mjs';

const cache = `${process.env.XDG_CACHE_HOME || `${os.homedir()}/.cache`}/onedge/bench`;
const WARM = 3;

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

const command = (engine, path, inputs) =>
  engine === 'onedge-native'
    ? [`${root}/build/native/tests/session_bench`, path, '1', ...inputs]
    : [node, `${root}/tests/bench/contestant.mjs`, engine, path, ...inputs];

async function compare({ name, model, inputs }, build, rounds) {
  const path = modelPath(model);
  const peer = build === 'native' ? 'onnxruntime-node' : 'onnxruntime-web';
  const [ours_ms, peer_ms] = await inTurns([command(`onedge-${build}`, path, inputs), command(peer, path, inputs)], rounds, WARM);
  return { name, host: build === 'native' ? 'native' : 'wasm', build, threads: 1, ours_ms, peer, peer_ms, ratio: peer_ms / ours_ms, ...targets[`${name} ${build}`] };
}

/** [{name, rows(rounds)}] */
export const modelWorkloads = workloads.map((workload) => ({
  name: workload.name,
  async *rows(rounds) {
    for (const build of ['simd', 'relaxed', 'native']) yield compare(workload, build, rounds);
  },
}));
