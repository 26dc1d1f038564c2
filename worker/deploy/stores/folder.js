// A folder on this machine: static assets, or files that a web server or another program copies elsewhere.
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashOf } from '../hash.js';
import { kept, temporary } from '../temporary.js';

export function folder(root, { label, fileLimit = Infinity, limitIs = '', published = true }) {
  const pathOf = (name) => join(root, ...name.split('/'));

  // A file gets its name only when all of it is on the disk.
  async function writeWhole(name, write) {
    const path = pathOf(name);
    await mkdir(dirname(path), { recursive: true });
    const partial = temporary(join(dirname(path), `.onedge-${process.pid}-${Date.now()}.tmp`));
    await write(partial);
    const file = await open(partial, 'r+');
    await file.sync();
    await file.close();
    await rename(partial, path);
    kept(partial);
  }

  return {
    label,
    fileLimit,
    limitIs,
    published,
    slow: false,
    read: (name) => readFile(pathOf(name), 'utf8').catch(nullWhereMissing),
    replace: (name, text) => writeWhole(name, (partial) => writeFile(partial, text)),
    put: (name, path) => writeWhole(name, (partial) => copyFile(path, partial)),
    digest: (name) => hashOf(createReadStream(pathOf(name))).catch(nullWhereMissing),
    remove: (name) => rm(pathOf(name), { force: true }),
  };
}

function nullWhereMissing(error) {
  if (error.code === 'ENOENT') return null;
  throw error;
}
