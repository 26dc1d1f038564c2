// ONNX's own backend tests, natively and as WebAssembly.
import { test } from 'node:test';

import { check, skip } from './backend_tests.mjs';

test('native', { skip }, (t) => check(t, 'build/native/tests/onnx_conformance', []));
for (const build of ['simd', 'relaxed']) {
  test(`wasm ${build}`, { skip }, (t) => check(t, process.execPath, ['tests/onnx/conformance.mjs', '--build', build]));
}
