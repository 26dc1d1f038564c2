// A file of a store as the source of a model. With a digest it goes through the cache.
import { Source, openCached } from 'onedge/internal';
import { openFile } from './store_file.js';

export class StoreSource extends Source {
  #store;
  #entry;
  #options;

  /**
   * @param {{open(name: string): Promise<any>}} store
   * @param {import('./catalog_format.js').Entry} entry
   * @param {{origin: string, stallSeconds: number, onBytes: (count: number) => void}} options origin: of this Worker,
   *   the base of the file's key in the cache; the others as in openFile()
   */
  constructor(store, entry, options) {
    super();
    this.#store = store;
    this.#entry = entry;
    this.#options = options;
    this.name = entry.file;
  }

  async open({ signal, cache, refresh }) {
    const { file, digest } = this.#entry;
    const fetchFrom = () => openFile(this.#store, this.#entry, this.#options);
    if (!digest) return { ...(await fetchFrom()), cache: 'none', cacheReason: 'the file has no digest' };
    const url = new URL(file, this.#options.origin);
    url.searchParams.set('sha256', digest);
    return openCached(url.href, { cache, signal, refresh, unchanging: 'the digest is known', fetchFrom });
  }
}
