// onedge prune: removes archives that no version names.
import { archivesOf, removeArchives } from './archives.js';
import { dropIdleVersions, filesOf, modelOf, versionsOf } from './catalog.js';
import { changeCatalog } from './change_catalog.js';

const HOUR = 3600_000; // ms

/**
 * @param {{keep?: number, olderThan: number, dryRun: boolean, say: (text: string) => void}} options keep: also removes
 * versions without traffic from the catalog, except so many of the newest; olderThan: hours, because an upload may
 * still be running
 */
export async function prune(store, name, { keep, olderThan, dryRun, say }) {
  const known = new Map();
  let versions = [];
  // The catalog comes first: a file must exist as long as the catalog names it.
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
  for (const file of young) say(`${file} is kept: its upload began at ${archives[file].begun} and may still be running (--older-than)`);
  if (files.length > 0 && !dryRun) await removeArchives(store, name, files, archives);
  return { name, store: store.label, dryRun, versions, files };
}
