// An R2 bucket. Objects are written whole, and a reader sees a write at once.
import { createReadStream } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../hash.js';
import { temporaryFolder } from '../temporary.js';
import { WranglerError } from '../wrangler.js';

export function r2(wrangler, bucket) {
  const scratch = join(temporaryFolder(), 'object');
  const put = (name, path, type) => wrangler.store(['r2', 'object', 'put', `${bucket}/${name}`, '--file', path, '--content-type', type]);

  // Goes through a file, because a model may not fit into this process.
  async function fetched(name, use) {
    try {
      await wrangler.store(['r2', 'object', 'get', `${bucket}/${name}`, '--file', scratch]);
      return await use(scratch);
    } catch (error) {
      if (error instanceof WranglerError && /specified key does not exist/i.test(error.output)) return null;
      throw error;
    } finally {
      await rm(scratch, { force: true });
    }
  }

  return {
    label: `r2:${bucket}`,
    fileLimit: 300 << 20,
    limitIs: 'wrangler uploads at most 300 MiB; with --to dir:FOLDER another program can take it to the bucket (docs/deploy.md)',
    published: true,
    slow: false,
    read: (name) => fetched(name, (path) => readFile(path, 'utf8')),
    async replace(name, text) {
      await writeFile(scratch, text);
      await put(name, scratch, 'application/json');
      await rm(scratch, { force: true });
    },
    put: (name, path) => put(name, path, 'application/octet-stream'),
    digest: (name) => fetched(name, (path) => hashOf(createReadStream(path))),
    remove: (name) => wrangler.store(['r2', 'object', 'delete', `${bucket}/${name}`]),
  };
}
