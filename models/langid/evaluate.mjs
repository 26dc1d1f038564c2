// Accuracy of the exported graphs on the test sets of train.py, run by onnxruntime-web (wasm, one thread; its int8 products are exact,
// those of onnxruntime-node are not on processors without VNNI).
//   node evaluate.mjs WORK [OUT.json]     WORK: train.py's, with tests.json, model.onnx, model-int8.onnx, labels.txt
import fs from 'node:fs';
import { createRequire } from 'node:module';
const ort = createRequire(process.cwd() + '/')('onnxruntime-web');
ort.env.wasm.numThreads = 1;

const [work, out] = process.argv.slice(2);
const labels = fs.readFileSync(`${work}/labels.txt`, 'utf8').trim().split('\n');
const tests = JSON.parse(fs.readFileSync(`${work}/tests.json`, 'utf8'));
const report = {};

for (const [build, file] of [['f32', 'model.onnx'], ['int8', 'model-int8.onnx']]) {
  const session = await ort.InferenceSession.create(fs.readFileSync(`${work}/${file}`));
  for (const [name, test] of Object.entries(tests)) {
    let right = 0, asTorch = 0;
    const perLanguage = {}, confusion = {};
    for (let i = 0; i < test.ids.length; i++) {      // one at a time: as users call it, and int8 scales are per tensor
      const ids = BigInt64Array.from(test.ids[i], BigInt);
      const { logits } = await session.run({
        input_ids: new ort.Tensor('int64', ids, [1, ids.length]),
        attention_mask: new ort.Tensor('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
      });
      const guess = labels[logits.data.indexOf(Math.max(...logits.data))], truth = test.labels[i];
      right += guess === truth; asTorch += guess === test.predicted[i];
      const entry = perLanguage[truth] ??= { right: 0, count: 0 };
      entry.right += guess === truth; entry.count++;
      if (guess !== truth) confusion[`${truth}>${guess}`] = (confusion[`${truth}>${guess}`] ?? 0) + 1;
    }
    const count = test.ids.length;
    (report[name] ??= {})[build] = { count, accuracy: right / count, agreesWithTorch: asTorch / count, perLanguage, confusion };
    console.log(`${build}  ${name}: ${count} samples, ${(100 * right / count).toFixed(2)} % right, ${(100 * asTorch / count).toFixed(2)} % as torch f32`);
  }
}
if (out) fs.writeFileSync(out, JSON.stringify(report));
