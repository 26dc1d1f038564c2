// The models in memory. Each is loaded on its first request, once for all requests, and kept; if memory is short, the
// least recently used model is unloaded. One model loads at a time, so that the free memory is known.
import { load } from 'onedge';
import { requireRoom } from 'onedge/internal';
import { PendingWork } from './pending_work.js';
import { Served } from './served.js';
import { StoreSource } from './store_source.js';

const isMemory = (error) => error.code === 'RESOURCE_EXHAUSTED';

export class Pool {
  #options;
  #live = new Map(); // key -> Served, least recently used first
  #loading; // {key, work}
  #refused = new Map(); // key -> the error of a model that did not fit even alone

  /**
   * @param {{store: object, memoryLimit: number, cache: any, loadSeconds: number, stallSeconds: number, metrics:
   * object}} options
   */
  constructor(options) {
    this.#options = options;
  }

  get live() {
    return [...this.#live.values()];
  }
  get #usedBytes() {
    return this.live.reduce((sum, { model }) => sum + model.stats().usedBytes, 0);
  }

  /**
   * @param {import('./catalog_format.js').Entry} entry
   * @param {{keepAlive: (work: Promise<any>) => void, origin: string}} request keepAlive: the host's waitUntil; origin:
   * of the request's URL
   * @returns {Promise<Served>}
   */
  async get(entry, request) {
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
      if (!this.#loading || this.#loading.work.lost) this.#begin(key, entry, request);
      const { key: other, work } = this.#loading;
      const seconds = Math.max(0, deadline - Date.now()) / 1000;
      const loaded = work.wait(seconds, `model '${entry.name}' is still loading after ${this.#options.loadSeconds} s: ask again`);
      if (other !== key) await loaded.catch((error) => Date.now() >= deadline && Promise.reject(error));
      else if (await loaded) return loaded;
    }
  }

  /**
   * Unloads all other idle models, and this one, so that it is loaded again with more memory. False: it already has all
   * of it, or other requests use it.
   */
  giveRoom(served) {
    if (!served.idle) return false;
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

  #begin(key, entry, { keepAlive, origin }) {
    const loading = { key };
    const end = () => this.#loading === loading && (this.#loading = undefined);
    const work = (onProgress) => this.#load(key, entry, origin, onProgress).finally(end);
    loading.work = new PendingWork(work, { lostAfter: this.#options.stallSeconds + 5, keepAlive });
    this.#loading = loading;
  }

  // Loads with the free memory; each time it is not enough, another model is unloaded.
  async #load(key, entry, origin, onProgress) {
    const { metrics, memoryLimit } = this.#options;
    const started = Date.now();
    for (;;) {
      try {
        const room = memoryLimit - this.#usedBytes;
        requireRoom(entry.bytes, room);
        const served = await this.#loadOnce(entry, room, origin, onProgress);
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

  async #loadOnce(entry, memoryLimit, origin, onProgress) {
    const { store, cache, stallSeconds, metrics } = this.#options;
    const onBytes = (count) => {
      onProgress();
      metrics.storeBytes.add([], count);
    };
    const source = new StoreSource(store, entry, { origin, stallSeconds, onBytes });
    return new Served(entry, await load(source, { cache, memoryLimit, onProgress, threads: 1 }));
  }
}
