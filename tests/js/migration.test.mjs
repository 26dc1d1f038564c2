// Runs, unchanged, onedge's code from docs/migration.md and the code of docs/hosts.md that Node.js can run.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = ['migration', 'hosts'].map((page) => readFileSync(`${root}/docs/${page}.md`, 'utf8')).join('\n');
const examples = [...text.matchAll(/^```js\n(.*?)```/gms)].map(([, code]) => code).filter((code) => /from 'onedge/.test(code));

/**
 * The value of `expression` after the example that contains `mark`, run in a project with onedge, its models and
 * tokenizer.json.
 */
function after(t, mark, expression) {
  const [code, ...others] = examples.filter((example) => example.includes(mark));
  assert.ok(code && others.length === 0, mark);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'onedge-migration-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules/onedge'));
  symlinkSync(path.join(root, 'models'), path.join(folder, 'models'));
  execFileSync('python3', ['-m', 'zipfile', '-e', `${root}/models/langid/langid.onedge`, folder]);
  const given = "import { readFileSync } from 'node:fs';\nconst pixels = new Float32Array(64), tokenizerJson = readFileSync('tokenizer.json', 'utf8');\n";
  writeFileSync(path.join(folder, 'example.mjs'), `${given}${code}\nconsole.log(JSON.stringify(${expression}));`);
  return JSON.parse(execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' }));
}

test('every example is run below', () => assert.equal(examples.length, 5));

test('onedge/ort and Session answer alike', (t) => {
  const ort = after(t, "'onedge/ort'", '[logits.dims, ...logits.data]');
  assert.deepEqual(ort.shift(), [1, 10]);
  assert.ok(ort.every(Number.isFinite) && new Set(ort).size > 1);
  assert.deepEqual(after(t, 'await Session.create(', '[...logits.data]'), ort);
});

test('load() in place of a pipeline', (t) => {
  const best = after(t, 'load(', 'best');
  assert.equal(best.label, 'fr');
});

test('the tokenizer alone', (t) => {
  const { ids, dims, type, length } = after(t, 'Tokenizer.from(', '{ ids: [...ids], dims: input_ids.dims, type: input_ids.dtype, length: offsets.length }');
  assert.deepEqual([dims, type, length], [[1, ids.length], 'int64', ids.length]);
  assert.ok(ids.length > 4);
});

test('the handler of onedge/worker outside of a Worker', (t) => {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: 'Bonjour tout le monde' }) };
  const request = `new Request('http://localhost/predict', ${JSON.stringify(init)})`;
  assert.equal(after(t, 'serve(', `(await (await answer(${request})).json())[0]`).label, 'fr');
});
