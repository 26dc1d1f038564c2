// Files in chunks whose buffers are reused.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileChunks } from '../../js/stores/file_chunks.js';

const CHUNK = 1 << 19;

async function bytesOf(path, start) {
  const parts = [];
  for await (const chunk of fileChunks(path, start)) {
    parts.push(Buffer.from(chunk)); // copied while it is valid
    await new Promise((resolve) => setTimeout(resolve, 1)); // the next one is read in the meantime
  }
  return Buffer.concat(parts);
}

test('all bytes come, in their order, from any place on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onedge-chunks-'));
  const path = join(folder, 'file');
  try {
    for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7]) {
      const bytes = Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 9)) & 255));
      writeFileSync(path, bytes);
      for (const start of [0, 1, CHUNK, size]) assert.ok((await bytesOf(path, start)).equals(bytes.subarray(start)), `${size} bytes from ${start}`);
    }
    for await (const chunk of fileChunks(path)) {
      assert.equal(chunk.length, CHUNK);
      break; // closes the file
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what cannot be read is an error', async () => {
  await assert.rejects(bytesOf(tmpdir(), 0), { code: 'EISDIR' });
  await assert.rejects(bytesOf(join(tmpdir(), 'onedge-nothing'), 0), { code: 'ENOENT' });
});
