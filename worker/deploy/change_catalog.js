// Changes a store's catalog with one write, and notices others who change it at the same time.
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { CATALOG, formatCatalog, parseCatalog } from './catalog.js';
import { DeployError } from './errors.js';

export async function readCatalog(store) {
  return parseCatalog(await store.read(CATALOG), `${store.label}, ${CATALOG}`);
}

/**
 * Reads the catalog, lets `change` alter it, and writes it; nothing is written where nothing changed. `change` sees what is in the
 * store now, and not what was there when the command began: what others did meanwhile stays, or `change` throws.
 * @returns {Promise<{catalog: object, changed: boolean}>}
 */
export async function changeCatalog(store, change, { dryRun, say }) {
  const before = (await store.read(CATALOG))?.trim() ?? null;
  const catalog = parseCatalog(before, `${store.label}, ${CATALOG}`);
  change(catalog);
  const after = formatCatalog(catalog).trim();
  // An own mistake would reach every Worker.
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
      throw new DeployError(`${store.label}: somebody else wrote ${CATALOG} at the same time; look at 'onedge deployments' and run this again`);
    }
    if (look === LOOKS) return say(`${store.label} does not show the new ${CATALOG} yet; that may take a minute`);
    await pause(1000);
  }
}
