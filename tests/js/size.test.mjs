// A user's download: one module with every operator and the tokenizer (onnxruntime-web: 14.3 MB, 2.3 MB with brotli),
// and the JavaScript.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { minified } from './glue.mjs';

// The modules with threads have their own limit: atomic instructions, and the start of a thread.
for (const [build, most] of [['simd', 560], ['relaxed', 560], ['simd-threads', 565], ['relaxed-threads', 565]]) {
  test(`the ${build} module is at most 1.9 MB, and ${most} KB with brotli`, () => {
    const wasm = readFileSync(new URL(`../../dist/onedge-${build}.wasm`, import.meta.url));
    assert.ok(wasm.length <= 1_900_000, `${wasm.length} bytes`);
    const compressed = brotliCompressSync(wasm).length;
    assert.ok(compressed <= most * 1000, `${compressed} bytes with brotli`);
  });
}

test('the JavaScript for browsers, with the glue of one module, is at most 48 KB minified', async () => {
  const sizes = (await minified()).map(({ path, contents }) => [path.split('/').at(-1), contents.length]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(sizes.some(([name]) => name.startsWith('onedge-simd')), 'the glue of the module is missing');
  assert.ok(total <= 48_000, `${total} bytes: ${sizes.map((size) => size.join(' ')).join(', ')}`);
});

test('docs/size.md is current', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/size.mjs', '--check'], { cwd: new URL('../..', import.meta.url), encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
