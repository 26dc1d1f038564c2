// Workloads: a run of a model, on onedge and on ONNX Runtime.
import { inTurns } from './engine.mjs';
import { generated } from './generated.mjs';
import { node, root } from './places.mjs';

const WARM = 3;

export const bert = (sequence) => Object.entries({ input_ids: 7, attention_mask: 1, token_type_ids: 0 }).map(([name, fill]) => `${name}=1x${sequence}:${fill}`);
const workloads = [
  { name: 'minilm-1x128', model: 'minilm', inputs: bert(128) },
  { name: 'minilm-1x16', model: 'minilm', inputs: bert(16) },
  { name: 'minilm-int8-1x128', model: 'minilm-int8', inputs: bert(128) },
  { name: 'bert-tiny-1x128', model: 'bert-tiny', inputs: bert(128) },
  { name: 'mobilenet-v2', model: 'mobilenet_v2', inputs: ['image=1x3x224x224:0.5'] },
];
const targets = {
  'minilm-1x128 simd': { target: 1.2, aim: 1.6 },
  'minilm-1x16 simd': { target: 1.4, aim: 1.6 },
  'minilm-1x128 relaxed': { target: 1.8, aim: 2.1 },
  'minilm-1x16 relaxed': { target: 1.8, aim: 2.1 },
  'minilm-int8-1x128 simd': { target: 1.4, aim: 1.6 },
  'minilm-int8-1x128 relaxed': { target: 1.4, aim: 1.7 },
  'bert-tiny-1x128 simd': { target: 1.8, aim: 2.5 },
  'bert-tiny-1x128 relaxed': { target: 1.8, aim: 2.5 },
  'mobilenet-v2 relaxed': { target: 1.7, aim: 2.2 },
  'mobilenet-v2 native': { target: 1.1, aim: 1.3 },
  'minilm-1x128 native': { target: 1, aim: 1.2 },
  'minilm-int8-1x128 native': { target: 1, aim: 1.2 },
};

const command = (engine, path, inputs) =>
  engine === 'onedge-native'
    ? [`${root}/build/native/tests/session_bench`, path, '1', ...inputs]
    : [node, `${root}/tests/bench/contestant.mjs`, engine, path, ...inputs];

async function compare({ name, model, inputs }, build, rounds) {
  const path = generated(`${model}.onnx`);
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
