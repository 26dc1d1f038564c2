// The packages in a store, each under a name of its own that never gets other bytes. models/NAME/archives.json lists those that were
// ever begun, so that one whose upload was interrupted, and which no catalog names, is found again: R2 cannot be listed with wrangler.
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
  if (stored === null) throw new DeployError(`${store.label}: ${file} is not there after its upload`);
  if (stored.bytes !== model.bytes || stored.sha256 !== model.sha256) {
    const [expected, got] = [model, stored].map(({ bytes, sha256 }) => `${bytes} (sha256 ${sha256})`);
    throw new DeployError(`${store.label}: ${file} came out with other bytes: expected ${expected}, got ${got}`);
  }
}

/** Removes `files`, and then from the list, which is `archives`. */
export async function removeArchives(store, name, files, archives) {
  for (const file of files) await store.remove(file, archives[file]?.bytes ?? 0);
  await writeList(store, name, Object.fromEntries(Object.entries(archives).filter(([file]) => !files.includes(file))));
}
