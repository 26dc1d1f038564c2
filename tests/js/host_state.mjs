// Every test file here imports this first: it sets its own cache folder, and checks that no handle is alive at the end.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { instantiate } from '../../js/module.js';

export const cacheFolder = mkdtempSync(join(tmpdir(), 'onedge-cache-'));
process.env.ONEDGE_CACHE = cacheFolder;

/** Handles of models, sessions, loaders and tokenizers that are not deleted yet. */
export const liveHandles = async () => (await instantiate({ build: process.env.ONEDGE_WASM })).exports.liveHandles();

after(async () => {
  rmSync(cacheFolder, { recursive: true });
  assert.equal(await liveHandles(), 0, 'handles are still alive');
});
