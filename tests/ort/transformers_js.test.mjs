// transformers.js runs its pipelines on onedge/ort, with the same answers as on onnxruntime-web.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writeTinyModels } from './tiny_models.mjs';

const TOLERANCE = 1e-5; // probabilities and unit vectors, f32
const TASKS = [
  'text-classification', 'feature-extraction', 'token-classification', 'question-answering', 'fill-mask', 'zero-shot-classification', 'image-classification',
];
const child = fileURLToPath(new URL('pipelines_child.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'onedge-tiny-'));
const answers = {};

before(() => {
  writeTinyModels(folder);
  for (const runtime of ['onedge', 'onnxruntime-web']) {
    answers[runtime] = JSON.parse(execFileSync(process.execPath, [child, runtime, `${folder}/`], { encoding: 'utf8', maxBuffer: 1 << 26 }));
  }
});
after(() => rmSync(folder, { recursive: true }));

/** Compares for equality, numbers within the tolerance; returns the count of numbers. */
function compare(actual, expected, path = '') {
  if (typeof expected === 'number') {
    assert.ok(Math.abs(actual - expected) <= TOLERANCE, `${path}: expected ${expected}, got ${actual}`);
    return 1;
  }
  if (expected === null || typeof expected !== 'object') {
    assert.equal(actual, expected, path);
    return 0;
  }
  assert.deepEqual(Object.keys(actual), Object.keys(expected), path);
  return Object.keys(expected).reduce((count, key) => count + compare(actual[key], expected[key], `${path}.${key}`), 0);
}

for (const task of TASKS) {
  test(task, () => {
    assert.ok(compare(answers.onedge[task], answers['onnxruntime-web'][task], task) > 0);
  });
}
