// node http_contestant.mjs MODEL.onnx TOKENIZER.json ROUTE THREADS: a server without onedge: Node's http,
// onnxruntime-node and Hugging Face's tokenizers, a run for each request. /predict answers with the best of the logits,
// /embed with the normalized mean of the vectors.
import http from 'node:http';
import { createRequire } from 'node:module';

const [modelPath, tokenizerPath, route, threads] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { Tokenizer } = require('tokenizers');
const ort = require('onnxruntime-node');

const session = await ort.InferenceSession.create(modelPath, { intraOpNumThreads: Number(threads) });
const tokenizer = Tokenizer.fromFile(tokenizerPath);

async function answer(text) {
  const encoding = await tokenizer.encode(text);
  const given = { input_ids: () => encoding.getIds(), attention_mask: () => encoding.getAttentionMask(), token_type_ids: () => encoding.getTypeIds() };
  const feeds = Object.fromEntries(session.inputNames.map((name) => {
    const values = BigInt64Array.from(given[name](), BigInt);
    return [name, new ort.Tensor('int64', values, [1, values.length])];
  }));
  const { data, dims } = (await session.run(feeds))[session.outputNames[0]];
  if (route === '/predict') {
    const best = data.indexOf(Math.max(...data));
    return [{ label: String(best), score: 1 / data.reduce((sum, x) => sum + Math.exp(x - data[best]), 0) }];
  }
  const [, tokens, size] = dims;
  const mean = new Float32Array(size);
  for (let t = 0; t < tokens; ++t) {
    for (let k = 0; k < size; ++k) mean[k] += data[t * size + k];
  }
  const norm = Math.hypot(...mean);
  return [Array.from(mean, (x) => x / norm)];
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part)).on('end', async () => {
    const body = JSON.stringify(await answer(JSON.parse(Buffer.concat(parts)).inputs));
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
