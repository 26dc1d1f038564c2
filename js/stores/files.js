// A folder as a store of models (Node): one file for each key. It starts with the key and a line feed, then the bytes.
// It has another name until it is complete, so that a reader never sees an incomplete file.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileChunks } from './file_chunks.js';

const SUFFIX = '.onedge-cache';
const LONGEST_KEY = 1 << 16;

/** ONEDGE_CACHE, or the user's cache folder. */
export const defaultFolder = () =>
  process.env.ONEDGE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'onedge', 'models');

export function fileStore(folder = defaultFolder()) {
  const pathOf = (key) => join(folder, createHash('sha256').update(key).digest('hex') + SUFFIX);
  return {
    async get(key) {
      const path = pathOf(key);
      if ((await keyIn(path)) !== key) return undefined;
      return fileChunks(path, Buffer.byteLength(key) + 1);
    },
    async put(key, response) {
      await mkdir(folder, { recursive: true });
      const temporary = join(folder, `${randomUUID()}.part`);
      try {
        const file = await open(temporary, 'wx');
        try {
          await file.write(`${key}\n`);
          for await (const chunk of response.body) await file.writev([chunk]);
        } finally {
          await file.close();
        }
        await rename(temporary, pathOf(key));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    delete: (key) => rm(pathOf(key), { force: true }),
    async keys() {
      const names = await readdir(folder).catch(() => []);
      const keys = await Promise.all(names.filter((name) => name.endsWith(SUFFIX)).map((name) => keyIn(join(folder, name))));
      return keys.filter(Boolean);
    },
  };
}

async function keyIn(path) {
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(LONGEST_KEY) });
    const end = buffer.subarray(0, bytesRead).indexOf('\n');
    return end < 0 ? undefined : buffer.toString('utf8', 0, end);
  } finally {
    await file.close();
  }
}
