// Loads a model from a source into wasm memory, chunk by chunk, so that no second copy of the weights exists.
import { piecesOf } from './content.js';
import { DigestCheck } from './digest_check.js';
import { check, onedgeError } from './error.js';
import { requireRoom } from './memory_limit.js';
import { chooseThreads } from './features.js';
import { instantiate } from './module.js';
import { keyOf } from './options.js';
import { shareWork } from './shared_work.js';
import { Source, accept, readSource } from './source.js';
import { ThreadPool } from './threads/thread_pool.js';

/**
 * @typedef {{exports: object, handle: object, pool: ThreadPool | null, build: string, reason: string, threadsReason:
 * string, description: object, bytes: number, milliseconds: number, cache: string, cacheReason: string}} Loaded the
 * owner must release it
 */

/** Another owner of the same weights. @param {Loaded} loaded */
export const share = (loaded) => ({ ...loaded, handle: loaded.handle.clone(), pool: loaded.pool?.share() ?? null });

/** Call after the deletion of its sessions. @param {Loaded} loaded */
export function release({ handle, pool }) {
  handle.delete();
  pool?.release();
}

const ownership = { share, dispose: release };

/**
 * Simultaneous loads of the same URL or path with the same options are one: one download, one copy of the weights.
 * @param {import('./source.js').Source} source
 * @param {object} [options] those of load()
 * @returns {Promise<Loaded>}
 */
export async function loadModel(source, options = {}) {
  return shareWork(keyOf(source, options), (own) => loadOnce(source, { ...options, ...own }), ownership, options);
}

async function loadOnce(source, options) {
  const started = performance.now();
  // Where the size of the model cannot change the choice, the module is there first.
  if (chooseThreads(options.threads, 0).threads === chooseThreads(options.threads).threads) await choose(options);
  const loaded = await readSource(source, options, (opened) => loadOpened(source, opened, options)).catch((error) => {
    if (error.code === 'UNSUPPORTED' && source.name && error.message.includes('was trimmed')) error.message = `${source.name}: ${error.message}`;
    throw error;
  });
  return { ...loaded, milliseconds: performance.now() - started };
}

async function loadOpened(source, opened, options) {
  const { instance, ...chosen } = await choose(options, opened.total);
  // The threads start while the model arrives.
  const pool = chosen.threads > 1 ? ThreadPool.take(instance, chosen.threads) : null;
  try {
    const loaded = await feed(instance, source, opened, options);
    return { ...instance, ...loaded, pool, threadsReason: chosen.threadsReason };
  } catch (error) {
    pool?.release();
    throw error;
  }
}

/** The module and the number of threads for a model of `bytes`: {instance, threads, threadsReason}. */
async function choose(options, bytes) {
  const chosen = chooseThreads(options.threads, options.externalData ? undefined : bytes);
  const one = async (threadsReason) => ({ instance: await instantiate(options), threads: 1, threadsReason });
  if (chosen.threads === 1) return one(chosen.threadsReason);
  if (options.wasm) {
    const instance = await instantiate(options);
    return instance.memory ? { instance, ...chosen } : one('the module of the option wasm has no threads');
  }
  try {
    return { instance: await instantiate(options, true), ...chosen };
  } catch (error) {
    return one(error.message); // the module with threads is not there, or has no memory
  }
}

async function feed(module, source, opened, { signal, onProgress, memoryLimit = 0, optimize = true, externalData }) {
  const { chunks } = opened;
  const total = externalData ? undefined : opened.total;
  const digests = DigestCheck.create(source.name ?? 'the model');
  const loader = module.exports.Loader.create(memoryLimit, opened.total ?? 0, Boolean(opened.digest || opened.commit), optimize, digests);
  let loaded = 0;
  const feedPieces = (chunk, feedPiece) => {
    for (const piece of piecesOf(chunk)) {
      signal?.throwIfAborted();
      loader.chunk(piece.length).set(piece);
      check(feedPiece(piece.length));
      loaded += piece.length;
      onProgress?.({ loaded, total, phase: 'download' });
    }
  };
  try {
    for await (const chunk of chunks) {
      if (memoryLimit) requireRoom(opened.total, memoryLimit);
      feedPieces(chunk, (size) => loader.feed(size));
      await digests?.taken();
    }
    signal?.throwIfAborted();
    if (loaded === 0) throw onedgeError('CORRUPT_FILE', 'the model is empty: 0 bytes');
    if (externalData) await feedExternal(loader, externalData, { signal, feedPieces });
    onProgress?.({ loaded, total, phase: 'prepare' });
    const handle = check(loader.finish());
    try {
      const description = JSON.parse(handle.describe());
      await digests?.passed();
      if (digests?.file) description.digest = await digests.file;
      await accept(opened, description, source.name);
      signal?.throwIfAborted();
      onProgress?.({ loaded, total, phase: 'ready' });
      return { handle, description, bytes: loaded, cache: opened.cache, cacheReason: opened.cacheReason };
    } catch (error) {
      handle.delete();
      throw error;
    }
  } finally {
    loader.delete();
  }
}

// Feeds the external data of an .onnx file, which is not cached.
async function feedExternal(loader, externalData, { signal, feedPieces }) {
  const plain = (name) => name.replace(/^\.\//, '');
  const given = new Map(Object.entries(externalData).map(([name, content]) => [plain(name), content]));
  const wanted = check(loader.externalFiles());
  for (const name of given.keys()) {
    if (wanted.some((one) => plain(one) === name)) continue;
    const expected = wanted.length ? `expected ${wanted.join(', ')}` : 'it needs no other file';
    throw onedgeError('INVALID_ARGUMENT', `externalData: the model has no weights in '${name}'; ${expected}`);
  }
  for (const name of wanted.filter((one) => given.has(plain(one)))) {
    const { chunks } = await Source.of(await given.get(plain(name))).open({ signal, cache: false });
    let offset = 0;
    for await (const chunk of chunks) {
      feedPieces(chunk, (size) => {
        offset += size;
        return loader.feedExternal(name, offset - size, size);
      });
    }
  }
}
