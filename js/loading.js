// The one way from a source to a model in wasm memory: chunk by chunk, so that no second copy of the weights exists.
import { OnedgeError, check } from './error.js';
import { instantiate } from './module.js';
import { openSource } from './source.js';

/**
 * @returns {Promise<{exports: object, handle: object, build: string, reason: string, bytes: number, milliseconds: number}>}
 */
export async function loadModel(source, { signal, onProgress, memoryLimit = 0, wasm, build } = {}) {
  const started = performance.now();
  signal?.throwIfAborted();
  const module = await instantiate({ build, wasm });
  const { chunks, total } = await openSource(source, signal);
  const loader = new module.exports.Loader(memoryLimit, total ?? 0);
  let loaded = 0;
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      loader.chunk(chunk.length).set(chunk);
      check(loader.feed(chunk.length));
      loaded += chunk.length;
      onProgress?.({ loaded, total, phase: 'download' });
    }
    if (loaded === 0) throw new OnedgeError({ code: 'CORRUPT_FILE', message: 'the model is empty: 0 bytes' });
    onProgress?.({ loaded, total, phase: 'prepare' });
    const handle = check(loader.finish());
    onProgress?.({ loaded, total, phase: 'ready' });
    return { ...module, handle, bytes: loaded, milliseconds: performance.now() - started };
  } finally {
    loader.delete();
  }
}
