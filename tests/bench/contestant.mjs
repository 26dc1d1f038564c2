// node contestant.mjs ENGINE MODEL.onnx SEQUENCE: one engine in a process of its own (two ONNX Runtimes in one process share their
// registry of backends, so that one would answer for the other). Prints a line once it is loaded; then, for each line on stdin,
// runs a BERT encoder once on one thread and prints the milliseconds.
// ENGINE: onedge-simd, onedge-relaxed, onnxruntime-web, onnxruntime-node.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Session, Tensor } from '../../js/node.js';

const [engine, path, length] = process.argv.slice(2);
const sequence = Number(length);
const VALUES = { input_ids: 7n, attention_mask: 1n, token_type_ids: 0n };

const feeds = (names, makeTensor) =>
  Object.fromEntries(names.map((name) => [name, makeTensor('int64', new BigInt64Array(sequence).fill(VALUES[name]), [1, sequence])]));

async function onedge(build) {
  const session = await Session.create(path, { build });
  const inputs = feeds(session.inputNames, (...args) => new Tensor(...args));
  return () => session.run(inputs);
}

async function onnxruntime(name) {
  const ort = createRequire(import.meta.url)(name);
  if (name === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(name === 'onnxruntime-web' ? readFileSync(path) : path, {
    executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const inputs = feeds(session.inputNames, (...args) => new ort.Tensor(...args));
  return () => session.run(inputs);
}

const run = engine.startsWith('onedge-') ? await onedge(engine.slice('onedge-'.length)) : await onnxruntime(engine);
console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await run();
  console.log(performance.now() - start);
}
process.exit(0);
