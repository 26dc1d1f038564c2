// Records the answers of transformers.js, on onnxruntime-web, for the tiny models of tests/ort/tiny_models.mjs in
// tests/tasks/transformers_js.json.
// usage: node tests/tasks/record_transformers_js.mjs     (after scripts/setup js)
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeTinyModels } from '../ort/tiny_models.mjs';
import { cases, pixels, SIDE } from './cases.mjs';

const require = createRequire(new URL('../bench/', import.meta.url));
const peer = (name) => import(pathToFileURL(require.resolve(name)));
const ort = await peer('onnxruntime-web');
ort.env.wasm.numThreads = 1;
globalThis[Symbol.for('onnxruntime')] = ort;
const { env, pipeline, RawImage, AutoTokenizer, AutoModelForSequenceClassification } = await peer('@huggingface/transformers');
const folder = mkdtempSync(join(tmpdir(), 'onedge-tiny-'));
Object.assign(env, { allowRemoteModels: false, localModelPath: `${folder}/`, useFSCache: false, useWasmCache: false });
writeTinyModels(folder);

const image = new RawImage(pixels, SIDE, SIDE, 3);
// transformers.js has no pipeline for it: takes the model's logit for each pair through the logistic function.
async function rank(model, { query, texts }) {
  const tokenizer = await AutoTokenizer.from_pretrained(model);
  const classifier = await AutoModelForSequenceClassification.from_pretrained(model, { dtype: 'fp32', device: 'auto' });
  const scores = [];
  for (const text of texts) {
    const { logits } = await classifier(tokenizer(query, { text_pair: text }));
    scores.push(1 / (1 + Math.exp(-logits.data[0])));
  }
  await classifier.dispose();
  return scores.map((score, index) => ({ index, score })).sort((a, b) => b.score - a.score);
}

const answers = {};
for (const { name, model, task, input, options } of cases) {
  if (task === 'text-ranking') {
    answers[name] = await rank(model, input);
    continue;
  }
  const run = await pipeline(task, model, { dtype: 'fp32', device: 'auto' });
  const { candidate_labels: labels, ...rest } = options ?? {};
  let answer;
  if (task === 'question-answering') answer = await run(input.question, input.context, rest);
  else if (labels) answer = await run(input, labels, rest);
  else answer = await run(task.endsWith('classification') && task.startsWith('image') || task === 'object-detection' ? image : input, rest);
  answers[name] = task === 'feature-extraction' ? answer.tolist() : answer;
  await run.dispose();
}
rmSync(folder, { recursive: true });
const { version } = JSON.parse(readFileSync(join(require.resolve('@huggingface/transformers'), '../../package.json')));
const file = new URL('transformers_js.json', import.meta.url);
writeFileSync(file, `${JSON.stringify({ recorded_by: 'tests/tasks/record_transformers_js.mjs', 'transformers.js': version, answers }, null, 1)}\n`);
