// ONNX's own backend tests on aarch64, under qemu. In the suite aarch64-short, every tenth of them.
import { test } from 'node:test';

import { check, expected, skip } from '../onnx/backend_tests.mjs';

const part = process.env.ONEDGE_SUITE === 'aarch64-short' ? expected.filter((_, i) => i % 10 === 0) : undefined;

test('aarch64', { skip }, (t) =>
  check(t, 'qemu-aarch64', ['-cpu', 'max', '-L', '/usr/aarch64-linux-gnu', 'build/aarch64/tests/onnx_conformance'], part));
