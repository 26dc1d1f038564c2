// Accuracy of the exported graphs on the test sets of train.py, run by onnxruntime-web (wasm, one thread; its int8
// products are exact, those of onnxruntime-node are not on processors without VNNI).
//   node evaluate.mjs WORK OUT.json [--builds f32,int8] [--every N]
// WORK: the folder of train.py, with tests.json, model.onnx, model-int8.onnx, labels.txt. --every N runs only each Nth
// text of sets over 1,000.
// OUT: the accuracy for each set and build, in all and by language; `torch` is the accuracy of train.py's f32 answers
// on the whole set.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
const ort = createRequire(process.cwd() + '/')('onnxruntime-web');
ort.env.wasm.numThreads = 1;

const { values, positionals: [work, out] } = parseArgs({
  allowPositionals: true, options: { builds: { type: 'string', default: 'f32,int8' }, every: { type: 'string', default: '1' } },
});
const labels = fs.readFileSync(`${work}/labels.txt`, 'utf8').trim().split('\n');
const tests = JSON.parse(fs.readFileSync(`${work}/tests.json`, 'utf8'));

function tally(test, rows, guesses) {
  const result = { count: rows.length, accuracy: 0, torchAccuracy: 0, agreesWithTorch: 0, perLanguage: {}, confusion: {} };
  rows.forEach((row, i) => {
    const truth = test.labels[row], guess = guesses[i], torch = test.predicted[row];
    const entry = result.perLanguage[truth] ??= { right: 0, count: 0 };
    entry.count++;
    if (guess === truth) { entry.right++; result.accuracy++; } else {
      const pair = `${truth}>${guess}`;
      result.confusion[pair] = (result.confusion[pair] ?? 0) + 1;
    }
    result.torchAccuracy += torch === truth;
    result.agreesWithTorch += torch === guess;
  });
  for (const field of ['accuracy', 'torchAccuracy', 'agreesWithTorch']) result[field] /= rows.length;
  return result;
}

async function classify(session, ids) {       // one text at a time: as users call it, and int8 scales are per tensor
  const { logits } = await session.run({
    input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
    attention_mask: new ort.Tensor('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
  });
  return labels[logits.data.indexOf(Math.max(...logits.data))];
}

const report = {};
for (const [name, test] of Object.entries(tests)) {
  const rows = test.labels.map((_, i) => i);
  report[name] = { torch: tally(test, rows, test.predicted) };
}
for (const build of values.builds.split(',')) {
  const session = await ort.InferenceSession.create(fs.readFileSync(`${work}/${build === 'f32' ? 'model.onnx' : 'model-int8.onnx'}`));
  for (const [name, test] of Object.entries(tests)) {
    const step = test.labels.length > 1000 ? Number(values.every) : 1;
    const rows = test.labels.map((_, i) => i).filter((i) => i % step === 0);
    const guesses = [];
    for (const row of rows) guesses.push(await classify(session, test.ids[row]));
    const result = report[name][build] = tally(test, rows, guesses);
    console.log(`${build}  ${name}: ${rows.length} texts, ${(100 * result.accuracy).toFixed(2)} % right (f32 in torch on the same: ` +
      `${(100 * result.torchAccuracy).toFixed(2)} %), ${(100 * result.agreesWithTorch).toFixed(2)} % as torch`);
    fs.writeFileSync(out, JSON.stringify(report) + '\n');
  }
}
