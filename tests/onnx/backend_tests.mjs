// ONNX's own backend tests: every folder in expected_to_pass.txt passes. If a folder passes and is not in the list, add
// it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shared = process.env.ONEDGE_SHARED ?? join(root, '../shared');

/** Why the tests cannot run here, or false. */
export const skip = existsSync(`${shared}/data/onnx-backend.tar.xz`) ? false : `no shared data at ${shared}`;
/** The folders that must pass. */
export const expected = readFileSync(new URL('expected_to_pass.txt', import.meta.url), 'utf8').split('\n').filter(Boolean);

/**
 * Runs onnx_conformance, which is started by `command` with `args`, on the expected folders `part`, or on all folders
 * that there are.
 */
export function check(t, command, args, part) {
  const fixtures = execFileSync(join(root, 'scripts/extract_fixtures'), { encoding: 'utf8' }).trim().split('\n').at(-1);
  const out = mkdtempSync(join(tmpdir(), 'onedge-conformance-'));
  const folders = part?.map((name) => join(fixtures, 'onnx-backend', name)) ?? [join(fixtures, 'onnx-backend')];
  try {
    execFileSync(command, [...args, ...folders, '--json', join(out, 'result.json')], { cwd: root, stdio: 'pipe' });
    // A folder that is given by itself has its last name.
    report(t, JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')), part?.map((name) => basename(name)) ?? expected);
  } finally {
    rmSync(out, { recursive: true });
  }
}

function report(t, { passed, failed, unsupported }, wanted) {
  const missing = wanted.filter((name) => !passed.includes(name));
  const news = passed.filter((name) => !wanted.includes(name));
  t.diagnostic(`${passed.length} passed, ${Object.keys(failed).length} failed, ${Object.keys(unsupported).length} unsupported`);
  if (news.length > 0) t.diagnostic(`passed, but not listed: ${news.slice(0, 10).join(', ')} ...`);
  assert.deepEqual(missing.map((name) => `${name}: ${failed[name] ?? unsupported[name] ?? 'no such folder'}`), []);
}
