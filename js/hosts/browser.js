// Browsers: the module is fetched from where this package is served. Each URL is written out, so that bundlers find it.
import { setHost } from '../host.js';

const urls = {
  simd: () => new URL('../../dist/onedge-simd.wasm', import.meta.url),
  relaxed: () => new URL('../../dist/onedge-relaxed.wasm', import.meta.url),
};

setHost({
  createModule: {
    simd: async () => (await import('../../dist/onedge-simd.mjs')).default,
    relaxed: async () => (await import('../../dist/onedge-relaxed.mjs')).default,
  },
  async compiledModule(build) {
    const response = await fetch(urls[build]());
    if (!response.ok) throw new Error(`${response.url}: HTTP status ${response.status}`);
    // Servers that do not know .wasm send another content type, which compileStreaming refuses.
    return response.headers.get('content-type')?.startsWith('application/wasm')
      ? WebAssembly.compileStreaming(response)
      : WebAssembly.compile(await response.arrayBuffer());
  },
});
