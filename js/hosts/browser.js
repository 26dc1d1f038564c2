// Pages in browsers: the glue of the build that this engine can run is fetched on demand.
import { setHost } from '../host.js';
import { browserFiles } from './browser_files.js';

setHost({
  ...browserFiles,
  createModule: {
    simd: async () => (await import('../../dist/onedge-simd.mjs')).default,
    relaxed: async () => (await import('../../dist/onedge-relaxed.mjs')).default,
    'simd-threads': async () => (await import('../../dist/onedge-simd-threads.mjs')).default,
    'relaxed-threads': async () => (await import('../../dist/onedge-relaxed-threads.mjs')).default,
  },
});
