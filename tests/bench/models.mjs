// Workloads: a run of a generated model, on onedge and on ONNX Runtime.
import { inTurns } from './engine.mjs';
import { generated } from './generated.mjs';
import { PEERS, command } from './race.mjs';
import { targetOf } from './targets.mjs';

const WARM = 3;
const FEW_ROUNDS = 5; // of runs that take a second

export const bert = (sequence, batch = 1) => Object.entries({ input_ids: 7, attention_mask: 1, token_type_ids: 0 }).map(([name, fill]) => `${name}=${batch}x${sequence}:${fill}`);
const BUILDS = ['simd', 'relaxed', 'native'];
const workloads = [
  { name: 'minilm-1x128', model: 'minilm', inputs: bert(128) },
  { name: 'minilm-1x16', model: 'minilm', inputs: bert(16) },
  { name: 'minilm-int8-1x128', model: 'minilm-int8', inputs: bert(128) },
  { name: 'bert-tiny-1x128', model: 'bert-tiny', inputs: bert(128) },
  { name: 'mobilenet-v2', model: 'mobilenet_v2', inputs: ['image=1x3x224x224:0.5'] },
  { name: 'minilm-32x128', model: 'minilm', inputs: bert(128, 32), builds: ['native'], most: FEW_ROUNDS },
  { name: 'minilm-int8-32x128', model: 'minilm-int8', inputs: bert(128, 32), builds: ['native'], most: FEW_ROUNDS },
];

const TWO_THREADS = ['minilm-1x128', 'minilm-1x16', 'minilm-int8-1x128', 'mobilenet-v2'];

async function compare({ name, model, inputs, most = Infinity }, build, rounds) {
  const path = generated(`${model}.onnx`);
  const peer = PEERS[build];
  const [ours_ms, peer_ms] = await inTurns([command(`onedge-${build}`, path, inputs), command(peer, path, inputs)], Math.min(rounds, most), WARM);
  return { name, host: build === 'native' ? 'native' : 'wasm', build, threads: 1, ours_ms, peer, peer_ms, ratio: peer_ms / ours_ms, ...targetOf(name, build) };
}

/** Two threads over one, and against the peer's two. */
async function* twoThreads({ name, model, inputs }, rounds) {
  const path = generated(`${model}.onnx`);
  for (const build of ['native', 'relaxed']) {
    const peer = PEERS[build];
    const engines = [`onedge-${build}@2`, `onedge-${build}`, `${peer}@2`];
    const [ours_ms, one_ms, peer_ms] = await inTurns(engines.map((engine) => command(engine, path, inputs)), rounds, WARM);
    const row = { host: build === 'native' ? 'native' : 'wasm', build, threads: 2, ours_ms };
    yield { ...row, name: `${name}, two threads over one`, peer: 'onedge, one thread', peer_ms: one_ms, ratio: one_ms / ours_ms, ...targetOf('two threads over one', build) };
    yield { ...row, name: `${name}, two threads`, peer, peer_ms, ratio: peer_ms / ours_ms, ...targetOf(name, build) };
  }
}

/** [{name, rows(rounds)}] */
export const modelWorkloads = [
  ...workloads.map((workload) => ({
    name: workload.name,
    async *rows(rounds) {
      for (const build of workload.builds ?? BUILDS) yield compare(workload, build, rounds);
    },
  })),
  ...workloads.filter(({ name }) => TWO_THREADS.includes(name)).map((workload) => ({ name: `${workload.name}, two threads`, rows: (rounds) => twoThreads(workload, rounds) })),
];
