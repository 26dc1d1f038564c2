// A model on one engine, in the code that its users write. ENGINE: onedge-simd, onedge-relaxed, onnxruntime-web,
// onnxruntime-node; with @N for N threads, otherwise one. Inputs: see parseSpec.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseSpec } from './tensors.mjs';

const feeds = (specs, makeTensor) => Object.fromEntries(specs.map(parseSpec).map(({ name, dtype, dims, data }) => [name, makeTensor(dtype, data, dims)]));
const bits = (data) => (data.constructor.name === 'Float16Array' ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data);

async function onedge(build, threads, path, specs) {
  const { Session, Tensor } = await import('../../js/node.js'); // imported only here: a peer's process must not load onedge
  const session = await Session.create(path, { build, threads });
  const inputs = feeds(specs, (...args) => new Tensor(...args));
  return async () => Object.values(await session.run(inputs));
}

async function onnxruntime(name, threads, path, specs) {
  if (name === 'onnxruntime-node') delete globalThis.Float16Array; // its binding takes float16 only as Uint16Array
  const ort = createRequire(import.meta.url)(name);
  if (name === 'onnxruntime-web') ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(name === 'onnxruntime-web' ? readFileSync(path) : path, {
    executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const inputs = feeds(specs, (...args) => new ort.Tensor(...args));
  return async () => {
    const outputs = await session.run(inputs);
    return session.outputNames.map((output) => ({ dtype: outputs[output].type, dims: outputs[output].dims, data: bits(outputs[output].data) }));
  };
}

/** @returns {Promise<() => Promise<{dtype, dims, data}[]>>} a function that runs the model once */
export function openSession(engine, path, specs) {
  const [name, threads = '1'] = engine.split('@');
  return name.startsWith('onedge-') ? onedge(name.slice('onedge-'.length), Number(threads), path, specs) : onnxruntime(name, Number(threads), path, specs);
}
