// Where a model comes from. load() makes a Source of its argument once; from then on only the Source is used.
import { openCached } from './cache.js';
import { chunksOf, isBlob } from './content.js';
import { onedgeError } from './error.js';
import { host } from './host.js';

/**
 * @typedef {object} Opened an open source
 * @property {AsyncIterable<Uint8Array> | Uint8Array[]} chunks each is valid until the next one is requested
 * @property {number} [total] bytes, if known
 * @property {string} [digest] the digest that the model must have, in hex
 * @property {'hit' | 'stored' | 'none'} cache
 * @property {string} cacheReason
 * @property {(digest: string, bytes: number) => Promise<void>} [commit] stores the bytes in the cache
 * @property {(error: any) => Promise<void>} [discard] removes the bytes that were stored so far
 * @property {() => Promise<void>} [drop] deletes the cache entry that was read
 */

/** Content without a name: bytes, a stream, a Response, ... */
export class Source {
  /** The URL, path or file name, for messages; may be undefined. */
  name;
  /** Absolute; undefined for files and contents. */
  url;
  /** Whether the name alone identifies the model, so that simultaneous loads can be one. */
  shareable = false;
  /** A value that can be sent to another thread and makes the same source there; undefined: read it in this thread. */
  portable;
  #content;

  /** @param {any} [content] see chunksOf() */
  constructor(content) {
    this.#content = content;
    if (isBlob(content)) this.portable = content;
  }

  /** @param {any} given the first argument of load(), or a Source */
  static of(given) {
    if (given instanceof Source) return given;
    if (typeof given !== 'string' && !(given instanceof URL)) return new Source(given);
    const name = String(given);
    if (name.startsWith('hf:')) throw onedgeError('INVALID_ARGUMENT', `${name}: ${NO_HUB}`);
    if (/^(https?|data|blob):/.test(name)) return new UrlSource(name, name);
    // In a page a path is relative to the page; elsewhere it names a file.
    return host.baseUrl && !name.startsWith('file:') ? new UrlSource(name, new URL(name, host.baseUrl()).href) : new FileSource(name);
  }

  /**
   * @param {{signal?: AbortSignal, cache?: any, digest?: string, refresh?: boolean}} options see load(); refresh: do
   *   not read the cache
   * @returns {Promise<Opened>}
   */
  async open({ digest }) {
    return uncached(await chunksOf(this.#content), digest);
  }
}

class UrlSource extends Source {
  #given;

  constructor(given, url) {
    super();
    this.#given = given;
    this.url = this.portable = url;
    this.name = url.startsWith('data:') ? undefined : url;
    this.shareable = true;
  }

  async open(options) {
    const { signal, digest } = options;
    if (!/^https?:/.test(this.url)) return uncached(await chunksOf(await fetch(this.url, { signal })), digest);
    return openCached(this.url, options).catch((error) => adviseAboutHub(error, this.#given));
  }
}

class FileSource extends Source {
  constructor(path) {
    super();
    this.name = this.portable = path;
    this.shareable = true;
  }

  async open({ digest }) {
    const opened = chunksOf(this.name).catch((error) => adviseAboutHub(error, this.name));
    return uncached(await opened, digest);
  }
}

const uncached = (opened, digest) => ({ cache: 'none', cacheReason: 'the source is not an http(s) URL', digest, ...opened });

const NO_HUB = 'models of the Hugging Face Hub cannot be loaded by their id yet; download the files and give a path or a URL';

function adviseAboutHub(error, given) {
  const isId = error.code === 'NOT_FOUND' && /^[\w-]+\/[\w.-]+$/.test(given) && !/\.(onnx|onedge)$/.test(given);
  if (!isId) throw error;
  throw onedgeError(error.code, `${error.message}; if it is an id: ${NO_HUB}`, error);
}

/**
 * The result of `consume`. If it rejects bytes from the cache, the entry is dropped and it gets those of the origin.
 * @template T
 * @param {Source} source
 * @param {{signal?: AbortSignal, cache?: any, digest?: string}} options see load()
 * @param {(opened: Opened) => Promise<T>} consume calls accept() once the model is whole
 * @returns {Promise<T>}
 */
export async function readSource(source, options, consume) {
  for (let refresh = false; ; refresh = true) {
    const opened = await source.open({ ...options, refresh });
    try {
      return await consume(opened);
    } catch (error) {
      await opened.discard?.(error);
      if (!opened.drop || options.signal?.aborted || error.code === 'RESOURCE_EXHAUSTED') throw error;
      await opened.drop();
    }
  }
}

/** Checks the digest of a loaded model, and stores its bytes in the cache. */
export async function accept(opened, { digest, fileBytes }, name = 'the model') {
  if (opened.digest && opened.digest.toLowerCase() !== digest) {
    throw onedgeError('CORRUPT_FILE', `${name}: expected the digest ${opened.digest}, got ${digest}`);
  }
  await opened.commit?.(digest, fileBytes);
}
