// The code of the browser's worker for `worker: true`. It and its imports must not import() anything that a bundler
// follows: Vite bundles a worker into one file.
import relaxed from '../../dist/onedge-relaxed.mjs';
import simd from '../../dist/onedge-simd.mjs';
import { setHost } from '../host.js';
import { browserFiles } from '../hosts/browser_files.js';
import { serve } from './serve.js';

// Each module needs its own glue: the linker gives its imports and exports short names. Bundlers copy the file of such
// a URL as it is.
const glue = async (url) => (await import(/* webpackIgnore: true */ /* @vite-ignore */ url.href)).default;
setHost({
  ...browserFiles,
  createModule: {
    simd: async () => simd,
    relaxed: async () => relaxed,
    'simd-threads': () => glue(new URL('../../dist/onedge-simd-threads.mjs', import.meta.url)),
    'relaxed-threads': () => glue(new URL('../../dist/onedge-relaxed-threads.mjs', import.meta.url)),
  },
});

serve((message, transfer) => globalThis.postMessage(message, transfer), (listener) => {
  globalThis.onmessage = ({ data }) => listener(data);
});
