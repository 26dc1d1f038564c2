// A KV namespace. A value holds at most 25 MiB: the key `name` is {"chunks": n, "bytes": n}; `name/0`, `name/1`, ...
// are the chunks. The index is written after its chunks, so that a file appears only when it is complete. Others may
// see a write up to a minute later.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DeployError } from '../errors.js';
import { temporaryFolder } from '../temporary.js';
import { WranglerError } from '../wrangler.js';

const CHUNK = 24 << 20; // bytes; below the limit of 25 MiB, because metadata takes some of it
// A small file is padded to a multiple of this. So its index stays the same when the file changes, and one write
// changes it.
const BLOCK = 4096;

export function kv(wrangler, namespace) {
  const scratch = join(temporaryFolder(), 'value');
  // Bindings are in wrangler's configuration, perhaps with a second namespace for previews.
  const where = /^[0-9a-f]{32}$/.test(namespace) ? ['--namespace-id', namespace] : ['--binding', namespace, '--preview=false'];
  const put = (key, path) => wrangler.store(['kv', 'key', 'put', key, '--path', path, ...where]);

  // Fetches into the file `scratch`; false if the key does not exist.
  async function get(key) {
    try {
      await wrangler.store(['kv', 'key', 'get', key, ...where], { into: scratch });
    } catch (error) {
      if (error instanceof WranglerError && /\b404\b|(key|value) not found/i.test(error.output)) return false;
      throw error;
    }
    const { size } = await stat(scratch);
    return size > 20 || (await readFile(scratch, 'utf8')).trim() !== 'Value not found'; // wrangler prints this with exit status 0
  }

  const indexes = new Map(); // the indexes of small files that were read, so that replace() need not read them again
  async function indexOf(name) {
    if (!(await get(name))) return null;
    const text = await readFile(scratch, 'utf8');
    try {
      const { chunks, bytes } = JSON.parse(text);
      if (chunks > 0 && bytes > 0) return { chunks, bytes };
    } catch {
      // said below
    }
    throw new DeployError(`kv:${namespace}: key '${name}': expected {"chunks": n, "bytes": n}, got ${JSON.stringify(text.slice(0, 40))}`);
  }

  async function writeIndex(name, index) {
    await writeFile(scratch, JSON.stringify(index));
    await put(name, scratch);
    indexes.set(name, index);
  }

  /** Calls use() with each chunk of `name` in the file `scratch`; false if the file does not exist or is incomplete. */
  async function eachChunk(name, use) {
    const index = await indexOf(name);
    indexes.set(name, index);
    for (let i = 0; i < (index?.chunks ?? 0); ++i) {
      if (!(await get(`${name}/${i}`))) return false;
      await use();
    }
    return index !== null;
  }

  return {
    label: `kv:${namespace}`,
    fileLimit: Infinity,
    limitIs: '',
    published: true,
    slow: true,
    async read(name) {
      const texts = [];
      return (await eachChunk(name, async () => texts.push(await readFile(scratch)))) ? Buffer.concat(texts).toString() : null;
    },
    async replace(name, text) {
      const bytes = Buffer.from(text);
      const filled = Buffer.alloc(Math.ceil(bytes.length / BLOCK) * BLOCK, '\n');
      bytes.copy(filled);
      if (filled.length > CHUNK) throw new DeployError(`kv:${namespace}: ${name} has ${filled.length} bytes; one value holds ${CHUNK}`);
      const index = indexes.has(name) ? indexes.get(name) : await indexOf(name);
      await writeFile(scratch, filled);
      await put(`${name}/0`, scratch);
      if (index?.chunks !== 1 || index.bytes !== filled.length) await writeIndex(name, { chunks: 1, bytes: filled.length });
    },
    async put(name, path) {
      const { size } = await stat(path);
      const chunks = Math.ceil(size / CHUNK);
      for (let i = 0; i < chunks; ++i) {
        await pipeline(createReadStream(path, { start: i * CHUNK, end: (i + 1) * CHUNK - 1 }), createWriteStream(scratch));
        await put(`${name}/${i}`, scratch);
      }
      await writeIndex(name, { chunks, bytes: size });
    },
    async digest(name) {
      const hash = createHash('sha256');
      let bytes = 0;
      const whole = await eachChunk(name, async () => {
        for await (const part of createReadStream(scratch)) {
          hash.update(part);
          bytes += part.length;
        }
      });
      return whole ? { bytes, sha256: hash.digest('hex') } : null;
    },
    // The index goes first: without it the file does not exist. An interrupted upload leaves chunks but no index.
    async remove(name, bytes) {
      const index = await indexOf(name);
      const chunks = index?.chunks ?? Math.ceil(bytes / CHUNK);
      if (index) await wrangler.store(['kv', 'key', 'delete', name, ...where]);
      for (let i = 0; i < chunks; ++i) await wrangler.store(['kv', 'key', 'delete', `${name}/${i}`, ...where]);
    },
  };
}
