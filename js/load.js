// load(): in this thread, in a worker, or at a server. Separate from model.js, which workers import: Vite's workers
// must not import() anything.
import { loadModel } from './loading.js';
import { Model } from './model.js';
import { LOAD_OPTIONS, requireKnown } from './options.js';
import { Source } from './source.js';

/**
 * Loads a packaged model and streams it into wasm memory.
 * @param {string | URL | Response | ReadableStream | Blob | ArrayBuffer | ArrayBufferView | Source} given a URL, a path
 * (Node) or bytes
 * @param {object} [options] see onedge.d.ts
 * @returns {Promise<Model>}
 */
export async function load(given, options = {}) {
  requireKnown(options, LOAD_OPTIONS, 'load');
  options.signal?.throwIfAborted();
  const source = Source.of(await given);
  try {
    if (options.worker) return await (await import('./offthread/model.js')).loadOffThread(source, options);
    return new Model(await loadModel(source, options));
  } catch (error) {
    if (!options.fallback || !(error.code === 'UNSUPPORTED' || error.code === 'RESOURCE_EXHAUSTED')) throw error;
    return (await import('./server_model.js')).openServerModel(source, options, error);
  }
}
