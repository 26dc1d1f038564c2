// The one way from a source to a model in wasm memory: chunk by chunk, so that no second copy of the weights exists.
import { requireDigest } from './cache.js';
import { OnedgeError, check } from './error.js';
import { instantiate } from './module.js';
import { join } from './single_flight.js';
import { openSource, piecesOf, urlOf } from './source.js';

/**
 * @typedef {{exports: object, handle: object, build: string, reason: string, description: object, bytes: number,
 *   milliseconds: number, cache: string, cacheReason: string}} Loaded
 */

const ownership = {
  share: (loaded) => ({ ...loaded, handle: loaded.handle.clone() }),
  dispose: (loaded) => loaded.handle.delete(),
};

/**
 * Loads of the same URL or path at the same time, with the same options, are one: one download, one copy of the weights.
 * @returns {Promise<Loaded>}
 */
export async function loadModel(source, options = {}) {
  options.signal?.throwIfAborted();
  source = await source;
  const name = urlOf(source) ?? (typeof source === 'string' || source instanceof URL ? String(source) : undefined);
  if (!name) return loadOnce(source, options);
  const { digest, memoryLimit, build, cache, wasm } = options;
  const key = [name, digest, memoryLimit, build, idOf(cache), idOf(wasm)].join('\n');
  return join(key, (shared) => loadOnce(source, { ...options, ...shared }), ownership, options);
}

const ids = new WeakMap();
let lastId = 0;
function idOf(value) {
  if (value === null || typeof value !== 'object') return value;
  if (!ids.has(value)) ids.set(value, ++lastId);
  return `#${ids.get(value)}`;
}

async function loadOnce(source, options) {
  const started = performance.now();
  const module = await instantiate(options);
  const done = (loaded) => ({ ...module, ...loaded, milliseconds: performance.now() - started });
  const opened = await openSource(source, options);
  try {
    return done(await feed(module, source, opened, options));
  } catch (error) {
    // Bytes from the cache that are no good go, and the model is fetched again.
    if (opened.cache !== 'hit' || options.signal?.aborted || error.code === 'RESOURCE_EXHAUSTED') throw error;
    await opened.drop();
    return done(await feed(module, source, await openSource(source, { ...options, refresh: true }), options));
  }
}

async function feed(module, source, opened, { signal, onProgress, memoryLimit = 0 }) {
  const { chunks, total } = opened;
  let loader;
  let loaded = 0;
  try {
    loader = module.exports.Loader.create(memoryLimit, total ?? 0, Boolean(opened.digest || opened.commit));
    for await (const chunk of chunks) {
      if (memoryLimit && total > memoryLimit) throw tooLarge(total, memoryLimit);
      for (const piece of piecesOf(chunk)) {
        signal?.throwIfAborted();
        loader.chunk(piece.length).set(piece);
        check(loader.feed(piece.length));
        loaded += piece.length;
        onProgress?.({ loaded, total, phase: 'download' });
      }
    }
    signal?.throwIfAborted();
    if (loaded === 0) throw new OnedgeError({ code: 'CORRUPT_FILE', message: 'the model is empty: 0 bytes' });
    onProgress?.({ loaded, total, phase: 'prepare' });
    const handle = check(loader.finish());
    try {
      const description = JSON.parse(handle.describe());
      requireDigest(opened.digest, description.digest, urlOf(source) ?? 'the model');
      await opened.commit?.(description.digest, loaded);
      signal?.throwIfAborted();
      onProgress?.({ loaded, total, phase: 'ready' });
      return { handle, description, bytes: loaded, cache: opened.cache, cacheReason: opened.cacheReason };
    } catch (error) {
      handle.delete();
      throw error;
    }
  } catch (error) {
    await opened.discard?.(error);
    throw error;
  } finally {
    loader?.delete();
  }
}

function tooLarge(total, limit) {
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  return new OnedgeError({
    code: 'RESOURCE_EXHAUSTED',
    message: `memory limit: the file alone needs ${megabytes(total)} of ${megabytes(limit)}; raise memoryLimit or use a smaller model`,
  });
}
