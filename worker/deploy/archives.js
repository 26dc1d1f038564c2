// The packages in a store. Each has its own name, and its bytes never change. models/NAME/archives.json lists every
// upload that began, so that an interrupted upload, which no catalog names, is found again: wrangler cannot list R2.
import { isFileName } from '../catalog_format.js';
import { DeployError } from './errors.js';

export const archiveName = (name, version, sha256) => `models/${name}/${version}-${sha256.slice(0, 16)}.onedge`;

const listName = (name) => `models/${name}/archives.json`;

/** @returns {Promise<Record<string, {begun: string, bytes: number}>>} by file; begun: a time in ISO 8601 */
export async function archivesOf(store, name) {
  const text = await store.read(listName(name));
  if (text === null) return {};
  try {
    const { archives } = JSON.parse(text);
    const isArchive = ([file, { begun, bytes }]) => isFileName(file) && Date.parse(begun) > 0 && bytes > 0;
    if (Object.entries(archives).every(isArchive)) return archives;
  } catch {
    // said below
  }
  throw new DeployError(`${store.label}, ${listName(name)}: expected "archives": {file: {"begun", "bytes"}}; remove it`);
}

const writeList = (store, name, archives) => store.replace(listName(name), `${JSON.stringify({ format: 1, archives }, null, 2)}\n`);

/** Uploads a package and reads it back. */
export async function archive(store, name, file, model, say) {
  const archives = await archivesOf(store, name);
  await writeList(store, name, { ...archives, [file]: { begun: new Date().toISOString(), bytes: model.bytes } });
  say(`uploading ${file} (${model.bytes} bytes) to ${store.label}`);
  await store.put(file, model.path);
  const stored = await store.digest(file);
  if (stored === null) throw new DeployError(`${store.label}: ${file} is missing after its upload`);
  if (stored.bytes !== model.bytes || stored.sha256 !== model.sha256) {
    const [expected, got] = [model, stored].map(({ bytes, sha256 }) => `${bytes} (sha256 ${sha256})`);
    throw new DeployError(`${store.label}: ${file}: expected ${expected} after the upload, got ${got}`);
  }
}

/** Removes `files` from the store, then from `archives`, the list. */
export async function removeArchives(store, name, files, archives) {
  for (const file of files) await store.remove(file, archives[file]?.bytes ?? 0);
  await writeList(store, name, Object.fromEntries(Object.entries(archives).filter(([file]) => !files.includes(file))));
}
