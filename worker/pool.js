// The models in memory: each is loaded on its first request, once however many ask, and kept; the one that was not used for longest goes
// when there is no room. One model loads at a time, so that it is known what room there is.
import { OnedgeError } from 'onedge';
import { loadModel } from '../js/loading.js';
import { Flight } from './flight.js';
import { Served } from './served.js';
import { openFile } from './store_file.js';

const isMemory = (error) => error.code === 'RESOURCE_EXHAUSTED';
let loads = 0;

export class Pool {
  #options;
  #live = new Map(); // key -> Served, least recently used first
  #loading; // {key, flight}
  #refused = new Map(); // key -> the error of a model that did not fit although it was alone

  /** @param {{store: object, memoryLimit: number, cache: any, loadSeconds: number, stallSeconds: number, metrics: object}} options */
  constructor(options) {
    this.#options = options;
  }

  get live() {
    return [...this.#live.values()];
  }
  get #usedBytes() {
    return this.live.reduce((sum, { model }) => sum + model.stats().usedBytes, 0);
  }

  /** @param {import('./catalog_format.js').Entry} entry @returns {Promise<Served>} `keepAlive`: the host's waitUntil */
  async get(entry, keepAlive) {
    const key = [entry.name, entry.version, entry.digest ?? entry.file].join('\n');
    const deadline = Date.now() + this.#options.loadSeconds * 1000;
    for (;;) {
      const live = this.#live.get(key);
      if (live) {
        this.#live.delete(key);
        this.#live.set(key, live);
        return live;
      }
      if (this.#refused.has(key)) throw this.#refused.get(key);
      if (!this.#loading || this.#loading.flight.dead) this.#begin(key, entry, keepAlive);
      const { key: other, flight } = this.#loading;
      const seconds = Math.max(0, deadline - Date.now()) / 1000;
      const loaded = flight.wait(seconds, `model '${entry.name}' is still loading after ${this.#options.loadSeconds} s: ask again`);
      if (other !== key) await loaded.catch((error) => Date.now() >= deadline && Promise.reject(error));
      else if (await loaded) return loaded;
    }
  }

  /** Lets all other models go that are idle, and this one, so that it is loaded again with the room there is then. False: it has it all. */
  giveRoom(served) {
    const others = this.live.filter((other) => other !== served && other.idle);
    if (others.length === 0 || this.#live.get(this.#keyOf(served)) !== served) return false;
    for (const one of [...others, served]) this.#evict(one);
    return true;
  }

  #keyOf(served) {
    for (const [key, one] of this.#live) if (one === served) return key;
    return undefined;
  }

  #evict(served) {
    this.#live.delete(this.#keyOf(served));
    this.#options.metrics.evictions.add([served.name, served.version]);
    served.dispose();
  }

  #begin(key, entry, keepAlive) {
    const loading = { key };
    loading.flight = new Flight((alive) => this.#load(key, entry, alive).finally(() => this.#loading === loading && (this.#loading = undefined)), {
      deadAfter: this.#options.stallSeconds + 5,
      keepAlive,
    });
    this.#loading = loading;
  }

  // With what room there is; each time that it is not enough another model goes.
  async #load(key, entry, alive) {
    const { metrics, memoryLimit } = this.#options;
    const started = Date.now();
    for (;;) {
      try {
        this.#requireRoom(entry.bytes);
        const served = await this.#loadOnce(entry, memoryLimit - this.#usedBytes, alive);
        this.#live.set(key, served);
        metrics.loads.add([served.name, served.version, served.cache]);
        metrics.loadSeconds.observe([served.name], (Date.now() - started) / 1000);
        return served;
      } catch (error) {
        const oldest = this.live.find(({ idle }) => idle);
        if (isMemory(error) && oldest && !(entry.bytes > memoryLimit)) {
          this.#evict(oldest);
          continue;
        }
        if (isMemory(error) && this.#live.size === 0) this.#refused.set(key, error);
        metrics.loadFailures.add([entry.name, error.code ?? 'INTERNAL']);
        throw error;
      }
    }
  }

  // Before a byte is read: weights take at least the room of their file.
  #requireRoom(bytes) {
    const free = this.#options.memoryLimit - this.#usedBytes;
    if (!(bytes > free)) return;
    const megabytes = (count) => `${(count / 1e6).toFixed(1)} MB`;
    throw new OnedgeError({
      code: 'RESOURCE_EXHAUSTED',
      message: `memory limit: the file alone needs ${megabytes(bytes)} of ${megabytes(free)}; raise memoryLimit or use a smaller model`,
    });
  }

  async #loadOnce(entry, memoryLimit, alive) {
    const { store, cache, stallSeconds, metrics } = this.#options;
    const fetchFrom = async () => {
      const onBytes = (count) => {
        alive();
        metrics.storeBytes.add([], count);
      };
      return { ...(await openFile(store, entry, { stallSeconds, onBytes })), response: new Response() };
    };
    // The file's digest is its name in the cache; without one nothing says that what lies there is the same.
    // The fragment tells loads apart, of which load() would make one: the other may be one that died.
    const url = `https://onedge.invalid/sha256/${entry.digest ?? 'unknown'}#${++loads}`;
    const loaded = await loadModel(url, { cache: entry.digest ? cache : false, fetchFrom, memoryLimit, onProgress: alive });
    return new Served(entry, loaded);
  }
}
