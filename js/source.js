// Where a model comes from. A Source is made once, of what load() was given; whoever loads asks it, and not what was given.
import { openCached } from './cache.js';
import { chunksOf, isBlob } from './content.js';
import { OnedgeError } from './error.js';
import { host } from './host.js';

/**
 * @typedef {object} Opened what one reading of a source gives
 * @property {AsyncIterable<Uint8Array> | Uint8Array[]} chunks each is valid until the next one is asked for
 * @property {number} [total] bytes, where it is known
 * @property {string} [digest] of the model that it must be, in hex
 * @property {'hit' | 'stored' | 'none'} cache
 * @property {string} cacheReason
 * @property {(digest: string, bytes: number) => Promise<void>} [commit] keeps in the cache what was read
 * @property {(error: any) => Promise<void>} [discard] keeps nothing of it
 * @property {() => Promise<void>} [drop] takes out of the cache what was read from it
 */

/** Something that can be read only by whom it was given to: bytes, a stream, a Response, ... */
export class Source {
  /** The URL, path or file name, for messages; undefined where there is none. */
  name;
  /** Absolute; undefined for files and contents. */
  url;
  /** Whether all that open this name read the same model, so that loads at the same time can be one. */
  shareable = false;
  /** What another thread can make the same source of; undefined: it has to be read in this one. */
  portable;
  #content;

  /** @param {any} [content] as chunksOf() takes it */
  constructor(content) {
    this.#content = content;
    if (isBlob(content)) this.portable = content;
  }

  /** @param {any} given what load() takes, or a Source */
  static of(given) {
    if (given instanceof Source) return given;
    if (typeof given !== 'string' && !(given instanceof URL)) return new Source(given);
    const name = String(given);
    if (name.startsWith('hf:')) throw new OnedgeError({ code: 'INVALID_ARGUMENT', message: `${name}: ${NO_HUB}` });
    if (/^(https?|data|blob):/.test(name)) return new UrlSource(name, name);
    // In a page a path is relative to the page; elsewhere it names a file.
    return host.baseUrl && !name.startsWith('file:') ? new UrlSource(name, new URL(name, host.baseUrl()).href) : new FileSource(name);
  }

  /**
   * @param {{signal?: AbortSignal, cache?: any, digest?: string, refresh?: boolean}} options see load(); refresh: not from the cache
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
  throw new OnedgeError({ code: error.code, message: `${error.message}; if it is an id: ${NO_HUB}` }, { cause: error });
}

/**
 * What `consume` makes of the source. Bytes of the cache that it refuses are dropped, and it is given those of the origin.
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

/** Takes the model that was read for what it is, and keeps its bytes; or refuses it where it is not the one that was asked for. */
export async function accept(opened, { digest, fileBytes }, name = 'the model') {
  if (opened.digest && opened.digest.toLowerCase() !== digest) {
    throw new OnedgeError({ code: 'CORRUPT_FILE', message: `${name}: expected the digest ${opened.digest}, got ${digest}` });
  }
  await opened.commit?.(digest, fileBytes);
}
