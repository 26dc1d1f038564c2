// onedge prune: removes archives that no version names.
import { archivesOf, removeArchives } from './archives.js';
import { dropIdleVersions, filesOf, modelOf, versionsOf } from './catalog.js';
import { changeCatalog } from './change_catalog.js';

const HOUR = 3600_000; // ms

/**
 * @param {{keep?: number, olderThan: number, dryRun: boolean, say: (text: string) => void}} options keep: also takes versions without
 *   traffic out of the catalog, but for so many of the newest; olderThan: hours, for an upload may be under way
 */
export async function prune(store, name, { keep, olderThan, dryRun, say }) {
  const known = new Map();
  let versions = [];
  // The catalog first: while it names a file the file is there.
  const { catalog } = await changeCatalog(
    store,
    (latest) => {
      for (const { file, bytes } of Object.values(versionsOf(latest, name))) known.set(file, bytes);
      if (keep !== undefined) versions = dropIdleVersions(latest, name, keep);
    },
    { dryRun, say },
  );
  const named = filesOf(catalog);
  const archives = await archivesOf(store, name);
  if (Object.keys(archives).length === 0) modelOf(catalog, name); // a name that was never used is a mistake
  const unnamed = Object.keys({ ...archives, ...Object.fromEntries(known) }).filter((file) => !named.has(file));
  const young = unnamed.filter((file) => !known.has(file) && Date.now() - Date.parse(archives[file].begun) < olderThan * HOUR);
  const files = unnamed.filter((file) => !young.includes(file));
  for (const file of young) say(`${file} stays: its upload was begun at ${archives[file].begun} and may be under way (--older-than)`);
  if (files.length > 0 && !dryRun) await removeArchives(store, name, files, archives);
  return { name, store: store.label, dryRun, versions, files };
}
