// The models, and the choice of a file for a request. A catalog in the store is reread periodically. While it cannot be
// read, the last valid one is used.
import { OnedgeError } from 'onedge';
import { modelsFrom, parseCatalog } from './catalog_format.js';
import { httpError, invalid } from './errors.js';
import { PendingWork } from './pending_work.js';
import { versionFor } from './rollout.js';
import { readText } from './store_file.js';

const READ_SECONDS = 10; // a longer read counts as failed
const REFRESH_SECONDS = 1; // how long a request waits for a newer catalog if it already has one

export class Catalog {
  #models; // Map of name -> CatalogModel, or undefined before the first reading
  #store;
  #file;
  #seconds;
  #readAt = -Infinity; // ms, the start of the last read
  #reading;

  /** @param {{store: object, models?: object, catalog?: string, catalogSeconds?: number}} options see serve() */
  constructor({ store, models, catalog, catalogSeconds = 60 }) {
    if (!models === !catalog) throw new TypeError('serve: expected either models or catalog');
    this.#store = store;
    this.#file = catalog;
    this.#seconds = catalogSeconds;
    if (models) this.#models = modelsFrom(models, 'serve');
    if (this.#models?.size === 0) throw new TypeError('serve: models is empty');
  }

  /** @returns {Promise<Map<string, import('./catalog_format.js').CatalogModel>>} */
  async models(keepAlive) {
    if (!this.#file) return this.#models;
    if (this.#reading?.lost) this.#reading = undefined;
    const due = Date.now() - this.#readAt >= this.#seconds * 1000;
    if (!this.#reading && (due || !this.#models)) {
      this.#readAt = Date.now();
      this.#reading = new PendingWork(() => this.#read(), { lostAfter: READ_SECONDS, keepAlive });
    }
    if (!this.#models) await this.#reading.wait(READ_SECONDS, `the catalog '${this.#file}' is still being read`);
    if (this.#reading) await this.#reading.wait(REFRESH_SECONDS, 'slow').catch(() => {});
    if (!this.#models) throw httpError(503, `the catalog '${this.#file}' was not read`, { code: 'UNAVAILABLE' });
    return this.#models;
  }

  async #read() {
    try {
      const text = await readText(this.#store, this.#file, READ_SECONDS);
      this.#models = modelsFrom(parseCatalog(text, this.#file).models, this.#file);
      return this.#models;
    } catch (error) {
      throw httpError(503, `the catalog cannot be read: ${error.message}`, { code: 'UNAVAILABLE', cause: error });
    } finally {
      this.#reading = undefined;
    }
  }
}

/**
 * The model that `reference` names: `name`, `name@version`, `name@sha256:...`, or the only one if it is undefined.
 * @param {Map<string, object>} models
 * @param {{version?: string, key: string}} choice a version that is requested separately from the name; the client's
 * key
 * @returns {import('./catalog_format.js').Entry & {pinned?: string}} pinned: the version that the file must name
 */
export function entryOf(models, reference, { version: wanted, key }) {
  const names = [...models.keys()].join(', ');
  if (reference === undefined && models.size !== 1) throw invalid(`model: expected one of ${names}`);
  if (reference !== undefined && typeof reference !== 'string') throw invalid(`model: expected a name, got ${JSON.stringify(reference)}`);
  const [name = [...models.keys()][0], pin = wanted] = reference?.split(/@(.*)/s) ?? [];
  const model = models.get(name);
  if (!model) throw new OnedgeError({ code: 'NOT_FOUND', message: `unknown model '${name}'; available: ${names || 'none'}` });
  const { entries, traffic } = model;
  if (wanted !== undefined && pin !== wanted) throw invalid(`model '${reference}' is not version ${wanted}`);
  if (pin === undefined && traffic.length === 0) return entries[0];
  if (pin === undefined) return entries.find(({ version }) => version === versionFor(traffic, name, key));
  const digest = /^sha256:([0-9a-f]{64})$/i.exec(pin)?.[1].toLowerCase();
  const found = entries.find((entry) => (digest ? entry.digest === digest : entry.version === pin));
  if (found) return found;
  // A model that was given inline without a version has the version in its file, known after loading.
  const [only] = entries;
  if (!digest && only.version === undefined) return { ...only, pinned: pin };
  const there = entries.map((entry) => entry.version ?? 'one without a name').join(', ');
  throw new OnedgeError({ code: 'NOT_FOUND', message: `model '${name}' has no version '${pin}'; available: ${there}` });
}
