// ONNX's own backend tests, natively and as WebAssembly: every folder in expected_to_pass.txt passes.
// If a folder passes and is not in the list, add it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shared = process.env.ONEDGE_SHARED ?? join(root, '../shared');
const skip = existsSync(`${shared}/data/onnx-backend.tar.xz`) ? false : `no shared data at ${shared}`;
const expected = readFileSync(new URL('expected_to_pass.txt', import.meta.url), 'utf8').split('\n').filter(Boolean);

function conformance(command, args) {
  const fixtures = execFileSync(join(root, 'scripts/extract_fixtures'), { encoding: 'utf8' }).trim().split('\n').at(-1);
  const out = mkdtempSync(join(tmpdir(), 'onedge-conformance-'));
  try {
    execFileSync(command, [...args, join(fixtures, 'onnx-backend'), '--json', join(out, 'result.json')], { cwd: root, stdio: 'pipe' });
    return JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
  } finally {
    rmSync(out, { recursive: true });
  }
}

function check(t, { passed, failed, unsupported }) {
  const missing = expected.filter((name) => !passed.includes(name));
  const news = passed.filter((name) => !expected.includes(name));
  t.diagnostic(`${passed.length} passed, ${Object.keys(failed).length} failed, ${Object.keys(unsupported).length} unsupported`);
  if (news.length > 0) t.diagnostic(`passed, but not listed: ${news.slice(0, 10).join(', ')} ...`);
  assert.deepEqual(missing.map((name) => `${name}: ${failed[name] ?? unsupported[name] ?? 'no such folder'}`), []);
}

test('native', { skip }, (t) => check(t, conformance('build/native/tests/onnx_conformance', [])));
for (const build of ['simd', 'relaxed']) {
  test(`wasm ${build}`, { skip }, (t) => check(t, conformance(process.execPath, ['tests/onnx/conformance.mjs', '--build', build])));
}
