// The models of one isolate: each is loaded on its first request, once however many ask, and kept; the one that was not used for longest goes
// when there is no room.
import { load, OnedgeError } from 'onedge';

export class Pool {
  #store;
  #models; // name -> {file, digest}
  #limit;
  #loading = new Map(); // name -> Promise<{name, model}>
  #live = new Map(); // name -> {name, model}, least recently used first

  constructor({ store, models, memoryLimit = 96e6 }) {
    this.#store = store;
    this.#limit = memoryLimit;
    this.#models = new Map(Object.entries(models).map(([name, file]) => [name, typeof file === 'string' ? { file } : file]));
    if (this.#models.size === 0) throw new TypeError('serve: models names none');
  }

  get names() {
    return [...this.#models.keys()];
  }
  get usedBytes() {
    return [...this.#live.values()].reduce((sum, { model }) => sum + model.stats().usedBytes, 0);
  }

  /** {name, model}: the one that is served as `name`, or the only one. `keepAlive` is told of work that others may wait for too. */
  async get(name, keepAlive) {
    if (name === undefined && this.#models.size === 1) [name] = this.#models.keys();
    if (name === undefined) throw new OnedgeError({ code: 'INVALID_ARGUMENT', message: `model: expected one of ${this.names.join(', ')}` });
    const found = this.#models.get(name);
    if (!found) throw new OnedgeError({ code: 'NOT_FOUND', message: `there is no model '${name}'; there are ${this.names.join(', ')}` });
    const live = this.#live.get(name);
    if (live) {
      this.#live.delete(name);
      this.#live.set(name, live);
      return live;
    }
    if (!this.#loading.has(name)) {
      const loading = this.#load(name, found).finally(() => this.#loading.delete(name));
      this.#loading.set(name, loading);
      loading.catch(() => {});
      keepAlive(loading.catch(() => {}));
    }
    return this.#loading.get(name);
  }

  // With what room there is; each time that it is not enough another model goes.
  async #load(name, { file, digest }) {
    for (;;) {
      const source = await this.#store.open(file);
      if (!source) throw new OnedgeError({ code: 'NOT_FOUND', message: `model '${name}': the store has no '${file}'` });
      try {
        const model = await load(source, { digest, memoryLimit: this.#limit - this.usedBytes });
        const served = { name, model };
        this.#live.set(name, served);
        return served;
      } catch (error) {
        const [oldest] = this.#live.keys();
        if (error.code !== 'RESOURCE_EXHAUSTED' || oldest === undefined) throw error;
        this.#live.get(oldest).model.dispose();
        this.#live.delete(oldest);
      }
    }
  }
}
