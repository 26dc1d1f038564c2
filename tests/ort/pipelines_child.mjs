// Runs transformers.js pipelines in this process and prints their answers as JSON. argv: the runtime ('onedge' or
// 'onnxruntime-web'), the folder of the models. Only one runtime for each process, because onnxruntime-common has one
// registry of backends.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [runtime, folder] = process.argv.slice(2);
const require = createRequire(new URL('../bench/', import.meta.url));
const peer = (name) => import(pathToFileURL(require.resolve(name)));

const ort = runtime === 'onedge' ? await import('onedge/ort') : await peer('onnxruntime-web');
if (runtime !== 'onedge') ort.env.wasm.numThreads = 1;
globalThis[Symbol.for('onnxruntime')] = ort;
const { env, pipeline, RawImage } = await peer('@huggingface/transformers');
Object.assign(env, { allowRemoteModels: false, localModelPath: folder, useFSCache: false, useWasmCache: false });

const image = new RawImage(Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 37) % 256), 16, 16, 3);
const texts = ['This is a very happy example.', 'the river in Paris'];
const calls = {
  'text-classification': ['classifier', (run) => run(texts, { top_k: null })],
  'feature-extraction': ['embedder', async (run) => (await run(texts, { pooling: 'mean', normalize: true })).tolist()],
  'token-classification': ['tagger', (run) => run(texts[1], { ignore_labels: [] })],
  'question-answering': ['reader', (run) => run('Where is the house?', 'The house is in Berlin, the capital of Germany.')],
  'fill-mask': ['filler', (run) => run('paris is the [MASK] of france.')],
  'zero-shot-classification': ['nli', (run) => run(texts[0], ['good', 'bad', 'city'])],
  'image-classification': ['vision', (run) => run(image, { top_k: 3 })],
};
const answers = {};
for (const [task, [model, call]] of Object.entries(calls)) {
  const run = await pipeline(task, model, { dtype: 'fp32', device: 'auto' });
  answers[task] = await call(run);
  await run.dispose();
}
process.stdout.write(JSON.stringify(answers));
