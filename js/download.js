// One HTTP download, resumed after a broken connection if the server allows it.
import { lengthOf, read, requireOk } from './content.js';
import { onedgeError } from './error.js';

const RETRY_DELAYS = [0, 250, 1000, 3000]; // ms before each further attempt without progress

/**
 * @param {string} url
 * @param {{signal?: AbortSignal, headers?: Record<string, string>}} [options] with `if-none-match` and similar headers,
 * 304 is a valid answer
 * @returns {Promise<{chunks: AsyncIterable<Uint8Array>, total: number | undefined, response: Response}>} total in
 * bytes, if known
 */
export async function download(url, { signal, headers } = {}) {
  let response;
  try {
    response = await fetch(url, { signal, headers });
  } catch (error) {
    signal?.throwIfAborted();
    throw onedgeError('UNAVAILABLE', `${url}: cannot be fetched: ${reasonOf(error)}`, error);
  }
  if (response.status !== 304) requireOk(response, url);
  const total = lengthOf(response);
  return { chunks: resumable(url, response, total, signal), total, response };
}

async function* resumable(url, response, total, signal) {
  const validator = validatorOf(response);
  let offset = 0;
  let attempts = 0;
  while (response.body) {
    let failure;
    try {
      for await (const chunk of read(response.body)) {
        attempts = 0;
        offset += chunk.length;
        yield chunk;
      }
      if (total === undefined || offset >= total) return;
      failure = new Error('it ended early');
    } catch (error) {
      signal?.throwIfAborted();
      failure = error;
    }
    response = await resume();
    async function resume() {
      while (attempts < RETRY_DELAYS.length) {
        await pause(RETRY_DELAYS[attempts++], signal);
        const headers = { range: `bytes=${offset}-`, ...(validator && { 'if-range': validator }) };
        const next = await fetch(url, { signal, headers }).catch(() => signal?.throwIfAborted());
        if (next?.status === 206 && (total === undefined || lengthOf(next) === total - offset)) return next;
        next?.body?.cancel().catch(() => {});
        if (next && next.status < 500) break; // the file has changed, or ranges are not supported
      }
      const message = `${url}: the connection broke after ${offset} of ${total ?? 'unknown'} bytes: ${reasonOf(failure)}`;
      throw onedgeError('UNAVAILABLE', message, failure);
    }
  }
}

// The value for If-Range: a strong ETag, or the time of the last change.
function validatorOf({ headers }) {
  const etag = headers.get('etag');
  return etag && !etag.startsWith('W/') ? etag : headers.get('last-modified');
}

const reasonOf = (error) => error.cause?.message || error.message;

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', stop);
    function stop() {
      clearTimeout(timer);
      reject(signal.reason);
    }
    function done() {
      signal?.removeEventListener('abort', stop);
      resolve();
    }
  });
}
