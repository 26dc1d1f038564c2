// What runs in the browser's worker of `worker: true`. Nothing is import()ed here or below: Vite makes workers of one file.
import createModule from '../../dist/onedge-simd.mjs';
import { setHost } from '../host.js';
import { browserFiles } from '../hosts/browser_files.js';
import { serve } from './serve.js';

// The glue is the same for both builds; which module it gets is what differs.
const create = async () => createModule;
setHost({ ...browserFiles, createModule: { simd: create, relaxed: create } });

serve((message, transfer) => globalThis.postMessage(message, transfer), (listener) => {
  globalThis.onmessage = ({ data }) => listener(data);
});
