// A file of a store as it comes: watched, so that one that stops, ends early or is another one is an error that says so.
import { OnedgeError } from 'onedge';
import { requireOk } from '../js/download.js';
import { chunksOf } from '../js/source.js';
import { within } from './flight.js';

const unavailable = (message, cause) => new OnedgeError({ code: 'UNAVAILABLE', message }, { cause });
const corrupt = (message) => new OnedgeError({ code: 'CORRUPT_FILE', message });

/**
 * @param {{open(name: string): Promise<any>}} store
 * @param {{file: string, digest?: string, bytes?: number}} entry
 * @param {{stallSeconds: number, onBytes?: (count: number) => void}} options stallSeconds: how long the store may say nothing
 * @returns {Promise<{chunks: AsyncIterable<Uint8Array>, total?: number}>}
 */
export async function openFile(store, { file, digest, bytes }, { stallSeconds, onBytes = () => {} }) {
  const stalled = (where) => () => unavailable(`the store stopped for ${stallSeconds} s ${where} '${file}'`);
  let source;
  try {
    source = await within(Promise.resolve(store.open(file)), stallSeconds, stalled('opening'));
  } catch (error) {
    throw error instanceof OnedgeError ? error : unavailable(`the store cannot open '${file}': ${error.message}`, error);
  }
  if (!source) throw new OnedgeError({ code: 'NOT_FOUND', message: `the store has no '${file}'` });
  if (source instanceof Response) requireOk(source, `'${file}' in the store`);
  const { chunks, total = bytes } = await chunksOf(source);
  if (bytes !== undefined && total !== bytes) throw corrupt(`'${file}': expected ${bytes} bytes, the store has ${total}`);
  return { chunks: watched(), total };

  async function* watched() {
    const hash = digest && new StreamingSha256();
    const iterator = chunks[Symbol.asyncIterator]?.() ?? chunks[Symbol.iterator]();
    let read = 0;
    try {
      for (;;) {
        const { done, value } = await next(iterator, read);
        if (done) break;
        read += value.length;
        onBytes(value.length);
        await hash?.update(value);
        yield value;
      }
    } finally {
      Promise.resolve(iterator.return?.()).catch(() => {});
      hash?.end();
    }
    if (total !== undefined && read !== total) throw unavailable(`'${file}': the store gave ${read} of ${total} bytes`);
    const actual = await hash?.digest();
    if (actual !== digest) throw corrupt(`'${file}': expected the digest ${digest}, got ${actual}`);
  }

  async function next(iterator, read) {
    try {
      return await within(Promise.resolve(iterator.next()), stallSeconds, stalled(`after ${read} of ${total ?? 'unknown'} bytes of`));
    } catch (error) {
      throw error instanceof OnedgeError ? error : unavailable(`'${file}': the store broke off after ${read} bytes: ${error.message}`, error);
    }
  }
}

/** All of a small file as text. */
export async function readText(store, file, stallSeconds) {
  const { chunks } = await openFile(store, { file }, { stallSeconds });
  const parts = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Blob(parts).text();
}

// The SHA-256 of bytes that pass by, as edge Workers have it: crypto.DigestStream.
class StreamingSha256 {
  #stream;
  #writer;

  constructor() {
    if (!crypto.DigestStream) throw new OnedgeError({ code: 'UNSUPPORTED', message: 'this host has no crypto.DigestStream: leave the digest out' });
    this.#stream = new crypto.DigestStream('SHA-256');
    this.#stream.digest.catch(() => {});
    this.#writer = this.#stream.getWriter();
  }
  update(chunk) {
    return this.#writer.write(chunk);
  }
  async digest() {
    return Array.from(new Uint8Array(await this.#stream.digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  /** No more bytes come. */
  end() {
    this.#writer.close().catch(() => {});
  }
}
