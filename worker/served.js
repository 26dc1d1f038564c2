// One model in memory: as a task, as tensors, as texts. It is disposed of when nobody uses it any more.
import { modelOf } from '../js/model.js';
import { Session } from '../js/session.js';
import { TextModel } from './text_model.js';

const NO_VERSION = '0.0.0'; // of a bare .onnx file
const LONGEST_USE = 60_000; // ms; the host ended a request that has not let go by then

export class Served {
  #loaded;
  #session;
  #texts;
  #users = 0;
  #lastUse = 0; // ms

  /** @param {import('./catalog_format.js').Entry} entry @param {import('../js/loading.js').Loaded} loaded owned from now on */
  constructor(entry, loaded) {
    this.#loaded = loaded;
    this.entry = entry;
    this.name = entry.name;
    this.model = modelOf(loaded);
    this.version = entry.version || loaded.description.version || NO_VERSION;
  }

  get description() {
    return this.#loaded.description;
  }
  get cache() {
    return this.#loaded.cache;
  }
  /** Over the same weights; made when the first run on tensors asks for it. */
  get session() {
    this.#session ??= new Session({ ...this.#loaded, handle: this.#loaded.handle.clone() });
    return this.#session;
  }
  get texts() {
    this.#texts ??= new TextModel(this);
    return this.#texts;
  }

  get idle() {
    return this.#users === 0 || Date.now() - this.#lastUse > LONGEST_USE;
  }
  /** Runs `work`, meanwhile the model stays. */
  async use(work) {
    this.#users += 1;
    this.#lastUse = Date.now();
    try {
      return await work(this);
    } finally {
      this.#users -= 1;
    }
  }

  dispose() {
    this.#session?.dispose();
    this.model.dispose();
  }
}
