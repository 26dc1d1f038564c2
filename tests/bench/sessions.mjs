// A model on one engine, on one thread, in the code that its users write. ENGINE: onedge-simd, onedge-relaxed,
// onnxruntime-web, onnxruntime-node. Inputs are NAME=DIMxDIM:FILL, as for session_bench: a fill with a point makes
// float32, otherwise int64.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

function feeds(specs, makeTensor) {
  return Object.fromEntries(
    specs.map((spec) => {
      const [name, dims, fill] = spec.split(/[=:]/);
      const shape = dims.split('x').map(Number);
      const size = shape.reduce((product, dim) => product * dim, 1);
      return [name, fill.includes('.') ? makeTensor('float32', new Float32Array(size).fill(Number(fill)), shape)
        : makeTensor('int64', new BigInt64Array(size).fill(BigInt(fill)), shape)];
    }),
  );
}

async function onedge(build, path, specs) {
  const { Session, Tensor } = await import('../../js/node.js'); // imported only here: a peer's process must not load onedge
  const session = await Session.create(path, { build });
  const inputs = feeds(specs, (...args) => new Tensor(...args));
  return () => session.run(inputs);
}

async function onnxruntime(name, path, specs) {
  const ort = createRequire(import.meta.url)(name);
  if (name === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(name === 'onnxruntime-web' ? readFileSync(path) : path, {
    executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const inputs = feeds(specs, (...args) => new ort.Tensor(...args));
  return () => session.run(inputs);
}

/** @returns {Promise<() => Promise<object>>} a function that runs the model once */
export const openSession = (engine, path, specs) =>
  engine.startsWith('onedge-') ? onedge(engine.slice('onedge-'.length), path, specs) : onnxruntime(engine, path, specs);
