// Where a model comes from: anything that can be read in chunks.
import { OnedgeError } from './error.js';
import { host } from './host.js';

const CHUNK = 1 << 20; // bytes of one chunk of what is in memory already

/**
 * @param {string | URL | Response | ReadableStream | Blob | ArrayBuffer | ArrayBufferView | Promise<any>} source
 * @param {AbortSignal} [signal]
 * @returns {Promise<{chunks: AsyncIterable<Uint8Array>, total: number | undefined}>} total in bytes, where it is known
 */
export async function openSource(source, signal) {
  source = await source;
  if (typeof source === 'string' || source instanceof URL) {
    const url = urlOf(source);
    if (url) return openResponse(await fetch(url, { signal }));
    if (host.openPath) return host.openPath(source);
    throw new OnedgeError({
      code: 'INVALID_ARGUMENT',
      message: `'${source}' is no absolute URL, and this host has no file system`,
    });
  }
  if (source instanceof Response) return openResponse(source);
  if (source instanceof ReadableStream) return { chunks: read(source), total: undefined };
  if (typeof Blob === 'function' && source instanceof Blob) return { chunks: read(source.stream()), total: source.size };
  if (source instanceof ArrayBuffer) return { chunks: slices(new Uint8Array(source)), total: source.byteLength };
  if (ArrayBuffer.isView(source)) {
    const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    return { chunks: slices(bytes), total: bytes.length };
  }
  throw new TypeError('load: expected a URL, path, Response, ReadableStream, Blob, ArrayBuffer or typed array as the source');
}

// The URL to fetch, or null for a path of the file system.
function urlOf(source) {
  if (source instanceof URL) return source.protocol === 'file:' ? null : source;
  if (/^(https?|data|blob):/.test(source)) return source;
  // In a page a path is relative to the page; in Node it names a file.
  return typeof document === 'object' || typeof WorkerGlobalScope === 'function' ? new URL(source, globalThis.location?.href) : null;
}

function openResponse(response) {
  if (!response.ok) {
    throw new OnedgeError({ code: 'NOT_FOUND', message: `${response.url || 'the model'}: HTTP status ${response.status}` });
  }
  // With a content encoding, content-length counts other bytes than those that arrive.
  const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  return { chunks: read(response.body), total: length ? Number(length) : undefined };
}

async function* read(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function* slices(bytes) {
  for (let begin = 0; begin < bytes.length; begin += CHUNK) yield bytes.subarray(begin, begin + CHUNK);
}
