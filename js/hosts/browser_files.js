// Shared by pages and workers of browsers: the module is fetched from the place that serves this package. Each URL is a
// literal, so that bundlers find it.
import { onedgeError } from '../error.js';
import { cacheApiStore } from '../stores/cache_api.js';
import { startPoolThread } from '../threads/start_browser.js';

const urls = {
  simd: () => new URL('../../dist/onedge-simd.wasm', import.meta.url),
  relaxed: () => new URL('../../dist/onedge-relaxed.wasm', import.meta.url),
  'simd-threads': () => new URL('../../dist/onedge-simd-threads.wasm', import.meta.url),
  'relaxed-threads': () => new URL('../../dist/onedge-relaxed-threads.wasm', import.meta.url),
};

export const browserFiles = {
  async compiledModule(build) {
    const url = urls[build]();
    const response = await fetch(url);
    if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
      const advice = `serve onedge/dist/onedge-${build}.wasm and name its URL in the option wasm`;
      const message = `${url}: no WebAssembly module there (HTTP status ${response.status}); ${advice}`;
      throw onedgeError('NOT_FOUND', message);
    }
    // A server that does not know .wasm sends another content type, which compileStreaming refuses.
    return response.headers.get('content-type')?.startsWith('application/wasm')
      ? WebAssembly.compileStreaming(response)
      : WebAssembly.compile(await response.arrayBuffer());
  },
  baseUrl: () => (typeof document === 'object' ? document.baseURI : globalThis.location.href),
  openStore: cacheApiStore,
  startPoolThread,
};
