// Reads a file of a store and checks it: a file that stalls, ends early or has another digest is an error that says so.
import { OnedgeError } from 'onedge';
import { DigestStreamSha256, Source, WholeSha256, requireOk } from 'onedge/internal';
import { within } from './pending_work.js';

const unavailable = (message, cause) => new OnedgeError({ code: 'UNAVAILABLE', message }, { cause });
const corrupt = (message) => new OnedgeError({ code: 'CORRUPT_FILE', message });

/**
 * @param {{open(name: string): Promise<any>}} store
 * @param {{file: string, digest?: string, bytes?: number}} entry
 * @param {{stallSeconds: number, onBytes?: (count: number) => void}} options stallSeconds: how long the store may send
 * nothing
 * @returns {Promise<{chunks: AsyncIterable<Uint8Array>, total?: number}>}
 */
export async function openFile(store, { file, digest, bytes }, { stallSeconds, onBytes = () => {} }) {
  const stalled = (where) => () => unavailable(`the store stopped for ${stallSeconds} s ${where} '${file}'`);
  let opened;
  try {
    opened = await within(openSource(store, file), stallSeconds, stalled('opening'));
  } catch (error) {
    throw error instanceof OnedgeError ? error : unavailable(`the store cannot open '${file}': ${error.message}`, error);
  }
  const { chunks, total = bytes } = opened;
  if (bytes !== undefined && total !== bytes) throw corrupt(`'${file}': expected ${bytes} bytes, the store has ${total}`);
  return { chunks: watched(), total };

  async function* watched() {
    const hash = digest && (crypto.DigestStream ? new DigestStreamSha256() : new WholeSha256());
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
      if (error instanceof OnedgeError) throw error;
      throw unavailable(`'${file}': the store broke off after ${read} bytes: ${error.message}`, error);
    }
  }
}

async function openSource(store, file) {
  const content = await store.open(file);
  if (!content) throw new OnedgeError({ code: 'NOT_FOUND', message: `the store has no '${file}'` });
  if (content instanceof Response) requireOk(content, `'${file}' in the store`);
  return Source.of(content).open({ cache: false });
}

/** The whole of a small file as text. */
export async function readText(store, file, stallSeconds) {
  const { chunks } = await openFile(store, { file }, { stallSeconds });
  const parts = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Blob(parts).text();
}
