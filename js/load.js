// load(): here, in a worker, or at a server. Apart from model.js, which workers import: Vite's workers may not import() anything.
import { loadModel } from './loading.js';
import { modelOf } from './model.js';

/**
 * Loads a packaged model, streaming it into wasm memory.
 * @param {string | URL | Response | ReadableStream | Blob | ArrayBuffer | ArrayBufferView} source a URL, a path (Node), or the bytes
 * @param {object} [options] onedge.d.ts says what each option is
 * @returns {Promise<import('./model.js').Model>}
 */
export async function load(source, options = {}) {
  try {
    if (options.worker) return await (await import('./offthread/model.js')).loadOffThread(source, options);
    return modelOf(await loadModel(source, options));
  } catch (error) {
    if (!options.fallback || !(error.code === 'UNSUPPORTED' || error.code === 'RESOURCE_EXHAUSTED')) throw error;
    return (await import('./server_model.js')).openServerModel(source, options, error);
  }
}
