// Edge Workers: modules are compiled when the Worker is deployed; an imported .wasm file is a WebAssembly.Module. It is
// imported by the package's name, so that wrangler's `alias` can replace it (docs/trim.md).
import createRelaxed from '../../dist/onedge-relaxed.mjs';
import relaxed from 'onedge/dist/onedge-relaxed.wasm';
import createSimd from '../../dist/onedge-simd.mjs';
import simd from 'onedge/dist/onedge-simd.wasm';
import { setHost } from '../host.js';
import { DigestStreamSha256 } from '../sha256.js';
import { cacheApiStore } from '../stores/cache_api.js';

const modules = { simd, relaxed };

setHost({
  createModule: { simd: async () => createSimd, relaxed: async () => createRelaxed },
  compiledModule: async (build) => modules[build],
  openStore: cacheApiStore,
  sha256: crypto.DigestStream && (() => new DigestStreamSha256()),
});
