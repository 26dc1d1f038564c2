// The same answers on four hosts: 200 sentences through the native program, Node, Chromium and workerd.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openChromium } from './chromium.mjs';
import { classifyNatively } from './native.mjs';
import { classifyInNode, node24, thisNode } from './node.mjs';
import { models, sentences, topK } from './sentences.mjs';
import { openWorkerd } from './workerd.mjs';

// f32 builds may fuse multiply and add; int8 models have the same bits, up to the softmax's last rounding.
const TOLERANCE = { 'langid.onedge': 1e-5, 'langid-int8.onedge': 1e-6 };

let chromium;
let workerd;
const expected = {};

before(async () => {
  assert.equal(sentences.length, 200);
  for (const model of models) expected[model] = classifyNatively(model, sentences, topK);
});
after(async () => {
  await chromium?.close();
  await workerd?.close();
});

function compare(model, answers) {
  assert.equal(answers.length, sentences.length);
  let largest = 0;
  answers.forEach((ranking, i) => {
    const native = expected[model][i];
    assert.equal(ranking[0].label, native[0].label, `sentence ${i}: ${sentences[i]}`);
    const scores = Object.fromEntries(native.map(({ label, score }) => [label, score]));
    for (const { label, score } of ranking) {
      if (label in scores) largest = Math.max(largest, Math.abs(score - scores[label]));
    }
  });
  assert.ok(largest <= TOLERANCE[model], `scores differ by up to ${largest}, more than ${TOLERANCE[model]}`);
  return largest;
}

for (const model of models) {
  test(`${model}: the native program tells many languages apart`, () => {
    const labels = new Set(expected[model].map(([best]) => best.label));
    assert.ok(labels.size >= 28, `only ${labels.size} labels`);
  });

  test(`${model}: this Node answers as the native program`, (t) => {
    const { build, answers } = classifyInNode(thisNode, 'simd', model, sentences, topK);
    t.diagnostic(`${build}: largest difference ${compare(model, answers)}`);
  });

  test(`${model}: Node 24 chooses relaxed SIMD and answers as the native program`, (t) => {
    const { build, answers } = classifyInNode(node24, '', model, sentences, topK);
    assert.equal(build, 'relaxed');
    t.diagnostic(`${build}: largest difference ${compare(model, answers)}`);
  });

  for (const build of ['simd', 'relaxed']) {
    test(`${model}: Chromium answers as the native program (${build})`, async (t) => {
      chromium ??= await openChromium();
      const { answers } = await chromium.classify(model, sentences, topK, build);
      t.diagnostic(`largest difference ${compare(model, answers)}`);
      assert.deepEqual(chromium.problems, []);
    });

    test(`${model}: workerd answers as the native program (${build})`, async (t) => {
      workerd ??= await openWorkerd();
      const { answers } = await workerd.classify(model, sentences, topK, build);
      t.diagnostic(`largest difference ${compare(model, answers)}`);
    });
  }
}
