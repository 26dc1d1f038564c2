// node csv_contestant.mjs MODEL.onnx TOKENIZER.json IN.csv OUT.csv THREADS: a table without onedge: batches of 32 texts
// in the order of the file, padded to the longest, onnxruntime-node, the answer appended: the normalized mean of the
// vectors as JSON, or the best of the logits.
import { createWriteStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const BATCH = 32;
const [modelPath, tokenizerPath, input, output, threads] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { Tokenizer } = require('tokenizers');
const ort = require('onnxruntime-node');

/** Records of a CSV text, and the fields of one. */
const records = (text) => text.split(/\r?\n/).reduce((all, line) => {
  const last = all.at(-1);
  if (last !== undefined && (last.split('"').length - 1) % 2 === 1) all[all.length - 1] = `${last}\n${line}`;
  else all.push(line);
  return all;
}, []).filter(Boolean);
const firstField = (record) => (record[0] === '"' ? /^"((?:[^"]|"")*)"/.exec(record)[1].replaceAll('""', '"') : record.split(',')[0]);
const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

const session = await ort.InferenceSession.create(modelPath, { intraOpNumThreads: Number(threads) });
const tokenizer = Tokenizer.fromFile(tokenizerPath);
const [header, ...rows] = records(readFileSync(input, 'utf8'));
const out = createWriteStream(output);
out.write(`${header},answer\n`);

function answers({ data, dims }, mask, length) {
  if (dims.length === 2) {
    return Array.from({ length: dims[0] }, (_, i) => {
      const row = data.subarray(i * dims[1], (i + 1) * dims[1]);
      const best = row.indexOf(Math.max(...row));
      return `${best},${1 / row.reduce((sum, x) => sum + Math.exp(x - row[best]), 0)}`;
    });
  }
  const size = dims[2];
  return Array.from({ length: dims[0] }, (_, i) => {
    const mean = new Float32Array(size);
    for (let t = 0; t < length && mask[i * length + t]; ++t) {
      for (let k = 0; k < size; ++k) mean[k] += data[(i * length + t) * size + k];
    }
    const norm = Math.hypot(...mean);
    return quoted(JSON.stringify([...mean.map((x) => x / norm)]));
  });
}

for (let at = 0; at < rows.length; at += BATCH) {
  const batch = rows.slice(at, at + BATCH);
  const encodings = await tokenizer.encodeBatch(batch.map(firstField));
  const length = Math.max(...encodings.map((one) => one.getIds().length));
  const tensor = (values) => {
    const all = new BigInt64Array(batch.length * length);
    encodings.forEach((encoding, i) => values(encoding).forEach((value, t) => (all[i * length + t] = BigInt(value))));
    return new ort.Tensor('int64', all, [batch.length, length]);
  };
  const given = { input_ids: (one) => one.getIds(), attention_mask: (one) => one.getAttentionMask(), token_type_ids: (one) => one.getTypeIds() };
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, tensor(given[name])]));
  const result = (await session.run(feeds))[session.outputNames[0]];
  const mask = feeds.attention_mask ? Array.from(feeds.attention_mask.data, Number) : new Array(batch.length * length).fill(1);
  const written = answers(result, mask, length);
  out.write(batch.map((row, i) => `${row},${written[i]}\n`).join(''));
}
await new Promise((resolve) => out.end(resolve));
