// Changes a store's catalog with one write, and detects changes by others at the same time.
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { CATALOG, formatCatalog, parseCatalog } from './catalog.js';
import { DeployError } from './errors.js';

export async function readCatalog(store) {
  return parseCatalog(await store.read(CATALOG), `${store.label}, ${CATALOG}`);
}

/**
 * Reads the catalog, lets `change` alter it, and writes it if it changed. `change` gets the current content of the
 * store, not the content at the start of the command: it keeps the changes of others, or throws.
 * @returns {Promise<{catalog: object, changed: boolean}>}
 */
export async function changeCatalog(store, change, { dryRun, say }) {
  const before = (await store.read(CATALOG))?.trim() ?? null;
  const catalog = parseCatalog(before, `${store.label}, ${CATALOG}`);
  change(catalog);
  const after = formatCatalog(catalog).trim();
  // A bug here would reach every Worker.
  parseCatalog(after, 'the new catalog');
  const changed = !isDeepStrictEqual(catalog, parseCatalog(before, ''));
  if (changed && !dryRun) {
    await store.replace(CATALOG, after);
    await requireWritten(store, before, after, say);
  }
  return { catalog, changed };
}

const LOOKS = 3;

async function requireWritten(store, before, after, say) {
  for (let look = 1; ; ++look) {
    const now = (await store.read(CATALOG))?.trim() ?? null;
    if (now === after) return;
    if (!store.slow || now !== before) {
      throw new DeployError(`${store.label}: somebody else wrote ${CATALOG} at the same time; check 'onedge deployments' and run this again`);
    }
    if (look === LOOKS) return say(`${store.label} does not show the new ${CATALOG} yet; that may take a minute`);
    await pause(1000);
  }
}
