// What a user downloads: every operator and the tokenizer in one module (onnxruntime-web: 14.3 MB, 2.3 MB with brotli).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';

for (const build of ['simd', 'relaxed']) {
  test(`the ${build} module is at most 1.5 MB, and 450 KB with brotli`, () => {
    const wasm = readFileSync(new URL(`../../dist/onedge-${build}.wasm`, import.meta.url));
    assert.ok(wasm.length <= 1_500_000, `${wasm.length} bytes`);
    const compressed = brotliCompressSync(wasm).length;
    assert.ok(compressed <= 450_000, `${compressed} bytes with brotli`);
  });
}
