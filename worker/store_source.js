// A file of a store as what a model is loaded from: through the cache, where its digest says that it is the same file.
import { Source, openCached } from 'onedge/internal';
import { openFile } from './store_file.js';

export class StoreSource extends Source {
  #store;
  #entry;
  #options;

  /**
   * @param {{open(name: string): Promise<any>}} store
   * @param {import('./catalog_format.js').Entry} entry
   * @param {{origin: string, stallSeconds: number, onBytes: (count: number) => void}} options origin: of this Worker, below which the file
   *   has its address in the cache; the others as openFile()
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
    if (!digest) return { ...(await fetchFrom()), cache: 'none', cacheReason: 'it has no digest, so another file could lie there' };
    const url = new URL(file, this.#options.origin);
    url.searchParams.set('sha256', digest);
    return openCached(url.href, { cache, signal, refresh, unchanging: 'the digest is known', fetchFrom });
  }
}
