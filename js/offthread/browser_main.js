// The code of the browser's worker for `worker: true`. It and its imports must not import() anything: Vite bundles a
// worker into one file.
import createModule from '../../dist/onedge-simd.mjs';
import { setHost } from '../host.js';
import { browserFiles } from '../hosts/browser_files.js';
import { serve } from './serve.js';

// Both builds share the glue; only the module differs.
const create = async () => createModule;
setHost({ ...browserFiles, createModule: { simd: create, relaxed: create } });

serve((message, transfer) => globalThis.postMessage(message, transfer), (listener) => {
  globalThis.onmessage = ({ data }) => listener(data);
});
