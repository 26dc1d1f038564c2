// Node: the module and models are read from disk.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { onedgeError } from '../error.js';
import { setHost } from '../host.js';
import { fileChunks } from '../stores/file_chunks.js';
import { fileStore } from '../stores/files.js';
import { startPoolThread } from '../threads/start_node.js';

setHost({
  createModule: {
    simd: async () => (await import('../../dist/onedge-simd.mjs')).default,
    relaxed: async () => (await import('../../dist/onedge-relaxed.mjs')).default,
    'simd-threads': async () => (await import('../../dist/onedge-simd-threads.mjs')).default,
    'relaxed-threads': async () => (await import('../../dist/onedge-relaxed-threads.mjs')).default,
  },
  compiledModule: async (build) =>
    // Passed as a path, because some bundlers (Turbopack) replace Node's URL class.
    WebAssembly.compile(await readFile(fileURLToPath(new URL(`../../dist/onedge-${build}.wasm`, import.meta.url).href))),

  async openPath(source) {
    const path = String(source).startsWith('file:') ? fileURLToPath(source) : source;
    let found;
    try {
      found = await stat(path);
    } catch (error) {
      throw onedgeError('NOT_FOUND', `${path}: ${error.message}`, error);
    }
    if (found.isDirectory()) {
      throw onedgeError('INVALID_ARGUMENT', `${path}: expected an .onnx or .onedge file, got a folder`);
    }
    return { chunks: fileChunks(path), total: found.size };
  },
  openStore: async () => fileStore(),
  sha256() {
    const hash = createHash('sha256');
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
  },
  startPoolThread,
  threadsAnywhere: true,
  cores: () => availableParallelism(),
});
