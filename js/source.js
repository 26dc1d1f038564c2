// Where a model comes from: anything that can be read in chunks.
import { openCached } from './cache.js';
import { lengthOf, read, requireOk } from './download.js';
import { OnedgeError } from './error.js';
import { host } from './host.js';

const CHUNK = 1 << 20; // bytes that are fed at once, at most

/**
 * @typedef {{chunks: AsyncIterable<Uint8Array>, total?: number, cache?: 'hit' | 'stored' | 'none', cacheReason?: string,
 *   digest?: string, commit?: (digest: string, bytes: number) => Promise<void>, discard?: (error: any) => Promise<void>, drop?: () => Promise<void>}} Opened
 *   total in bytes, where it is known; digest: what the model must have; commit and discard: keep what was read in the cache, or not;
 *   drop: take what was read out of the cache
 */

/**
 * @param {string | URL | Response | ReadableStream | Blob | ArrayBuffer | ArrayBufferView} source
 * @param {{signal?: AbortSignal, cache?: any, digest?: string, refresh?: boolean}} [options] see load(); refresh: not from the cache
 * @returns {Promise<Opened>}
 */
export async function openSource(source, options = {}) {
  const url = urlOf(source);
  if (/^https?:/.test(url)) return openCached(url, options);
  if (url) source = await fetch(url, { signal: options.signal });
  const opened = await chunksOf(source);
  return { cache: 'none', cacheReason: 'the source is no http URL', digest: options.digest, ...opened };
}

/** The URL to fetch, or undefined for a path of the file system and for what is no name. */
export function urlOf(source) {
  if (source instanceof URL) return source.protocol === 'file:' ? undefined : source.href;
  if (typeof source !== 'string') return undefined;
  if (/^(https?|data|blob):/.test(source)) return source;
  // In a page a path is relative to the page; in Node it names a file.
  return host.baseUrl ? new URL(source, host.baseUrl()).href : undefined;
}

/** The bytes in `source`, which is anything but a URL, in chunks of at most 1 MB where they are in memory. */
export async function chunksOf(source) {
  if (typeof source === 'string' || source instanceof URL) {
    if (host.openPath) return host.openPath(source);
    throw new OnedgeError({
      code: 'INVALID_ARGUMENT',
      message: `'${source}' is no absolute URL, and this host has no file system`,
    });
  }
  if (source instanceof Response) {
    requireOk(source);
    return { chunks: read(source.body ?? new Response('').body), total: lengthOf(source) };
  }
  if (source instanceof ReadableStream) return { chunks: read(source) };
  if (typeof Blob === 'function' && source instanceof Blob) return { chunks: read(source.stream()), total: source.size };
  if (source instanceof ArrayBuffer) return { chunks: [new Uint8Array(source)], total: source.byteLength };
  if (ArrayBuffer.isView(source)) {
    return { chunks: [new Uint8Array(source.buffer, source.byteOffset, source.byteLength)], total: source.byteLength };
  }
  if (source?.[Symbol.asyncIterator]) return { chunks: source, total: source.total };
  throw new TypeError('load: expected a URL, path, Response, ReadableStream, Blob, ArrayBuffer or typed array as the source');
}

/** Pieces of at most 1 MB, so that no large chunk exists a second time in wasm memory. */
export function* piecesOf(chunk) {
  for (let begin = 0; begin < chunk.length; begin += CHUNK) yield chunk.subarray(begin, begin + CHUNK);
}
