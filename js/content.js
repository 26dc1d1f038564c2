// Reads content in chunks: responses, streams, blobs, buffers, files. Fetches no URL and uses no cache.
import { onedgeError } from './error.js';
import { host } from './host.js';

const CHUNK = 1 << 20; // the largest piece that is fed to wasm at once, in bytes

/**
 * @param {string | URL | Response | ReadableStream | Blob | ArrayBuffer | ArrayBufferView | AsyncIterable<Uint8Array>}
 *   content a string or a URL is a file of this host
 * @returns {Promise<{chunks: AsyncIterable<Uint8Array> | Uint8Array[], total?: number}>} total in bytes, if known. A
 *   chunk is valid until the next one is requested
 */
export async function chunksOf(content) {
  if (typeof content === 'string' || content instanceof URL) return chunksOfFile(content);
  if (content instanceof Response) {
    requireOk(content);
    return { chunks: readLargePieces(content.body ?? new Response('').body), total: lengthOf(content) };
  }
  if (content instanceof ReadableStream) return { chunks: readLargePieces(content) };
  if (isBlob(content)) return { chunks: read(content.stream()), total: content.size };
  if (content instanceof ArrayBuffer) return { chunks: [new Uint8Array(content)], total: content.byteLength };
  if (ArrayBuffer.isView(content)) {
    return { chunks: [new Uint8Array(content.buffer, content.byteOffset, content.byteLength)], total: content.byteLength };
  }
  if (content?.[Symbol.asyncIterator]) return { chunks: content, total: content.total };
  throw new TypeError('load: expected a URL, path, Response, ReadableStream, Blob, ArrayBuffer or typed array as the source');
}

function chunksOfFile(path) {
  if (host.openPath) return host.openPath(path);
  const message = `'${path}' is not an absolute URL, and this host has no file system`;
  throw onedgeError('INVALID_ARGUMENT', message);
}

export const isBlob = (content) => typeof Blob === 'function' && content instanceof Blob;

/** Pieces of at most 1 MB, so that no large chunk exists a second time in wasm memory. */
export function* piecesOf(chunk) {
  for (let begin = 0; begin < chunk.length; begin += CHUNK) yield chunk.subarray(begin, begin + CHUNK);
}

/** The chunks of a ReadableStream. The stream is cancelled if the reader stops early. */
export const read = (stream) => readAll(stream.getReader());

// Edge Workers give a stream in pieces of 4 KB; larger ones take fewer turns. If the stream breaks off, the bytes that
// came since the last piece are lost: a download that can be resumed uses read().
const LEAST = 1 << 16;

function readLargePieces(stream) {
  let reader;
  try {
    reader = stream.getReader({ mode: 'byob' });
  } catch {
    return read(stream); // not a stream of bytes
  }
  if (reader.readAtLeast) {
    // A new array each time: a store may still write the last one.
    return readAll({ read: () => reader.readAtLeast(LEAST, new Uint8Array(2 * LEAST)), cancel: () => reader.cancel() });
  }
  reader.releaseLock();
  return read(stream);
}

async function* readAll(reader) {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (value?.length) yield value;
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Throws unless the status is a success. */
export function requireOk(response, name = response.url || 'the model') {
  if (response.ok) return;
  response.body?.cancel().catch(() => {});
  const gone = response.status === 404 || response.status === 410;
  throw onedgeError(gone ? 'NOT_FOUND' : 'UNAVAILABLE', `${name}: HTTP status ${response.status}`);
}

/** Bytes of the body, if known: with a content encoding, content-length counts the encoded bytes. */
export function lengthOf(response) {
  const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  return length ? Number(length) : undefined;
}
