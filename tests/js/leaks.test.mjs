// Memory stays flat: 1,000 loads and disposals, 10,000 runs.
import { liveHandles } from './host_state.mjs';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load } from 'onedge';

const bytes = readFileSync(fileURLToPath(new URL('../../models/digits/digits.onedge', import.meta.url)));
const build = process.env.ONEDGE_WASM;
const image = { data: new Uint8Array(256).fill(255), width: 16, height: 16, channels: 1 };

test('1,000 loads and disposals keep wasm memory flat', async () => {
  let before;
  for (let round = 0; round < 1000; ++round) {
    const model = await load(bytes, { build });
    await model.run(image);
    const { wasmMemoryBytes } = model.stats();
    model.dispose();
    before ??= wasmMemoryBytes;
    if (round > 0) assert.equal(wasmMemoryBytes, before, `round ${round}`);
  }
  assert.equal(await liveHandles(), 0);
});

test('10,000 runs keep wasm memory flat', async () => {
  const model = await load(bytes, { build });
  await model.run(image);
  const before = model.stats();
  for (let round = 0; round < 100; ++round) await model.run(Array(100).fill(image));
  const after = model.stats();
  assert.equal(after.wasmMemoryBytes, before.wasmMemoryBytes);
  assert.equal(after.usedBytes, before.usedBytes);
  model.dispose();
});

test('failed loads leave nothing behind', async () => {
  const flipped = Uint8Array.from(bytes);
  flipped[flipped.length >> 1] ^= 1;
  for (let round = 0; round < 100; ++round) {
    await assert.rejects(load(flipped, { build }));
    await assert.rejects(load(bytes, { build, memoryLimit: 100_000 }), { code: 'RESOURCE_EXHAUSTED' });
    assert.equal(await liveHandles(), 0);
  }
});
