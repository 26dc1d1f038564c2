// node contestant.mjs ENGINE MODEL.onnx NAME=DIMxDIM:FILL...: one engine in a process of its own (two ONNX Runtimes in one process share their
// registry of backends, so that one would answer for the other). Prints a line once it is loaded; then, for each line on stdin,
// runs the model once on one thread and prints the milliseconds. Inputs as for session_bench.
// ENGINE: onedge-simd, onedge-relaxed, onnxruntime-web, onnxruntime-node.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Session, Tensor } from '../../js/node.js';

const [engine, path, ...specs] = process.argv.slice(2);

const feeds = (makeTensor) =>
  Object.fromEntries(
    specs.map((spec) => {
      const [name, dims, fill] = spec.split(/[=:]/);
      const shape = dims.split('x').map(Number);
      const size = shape.reduce((product, dim) => product * dim, 1);
      return [name, fill.includes('.') ? makeTensor('float32', new Float32Array(size).fill(Number(fill)), shape)
        : makeTensor('int64', new BigInt64Array(size).fill(BigInt(fill)), shape)];
    }),
  );

async function onedge(build) {
  const session = await Session.create(path, { build });
  const inputs = feeds((...args) => new Tensor(...args));
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
  const inputs = feeds((...args) => new ort.Tensor(...args));
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
