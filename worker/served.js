// One model in memory: as a task, as tensors, as texts. It is disposed of when nobody uses it any more.
import { TextModel } from './text_model.js';

const NO_VERSION = '0.0.0'; // of a bare .onnx file
const LONGEST_USE = 60_000; // ms; the host ended a request that has not let go by then

export class Served {
  #texts;
  #users = 0;
  #lastUse = 0; // ms

  /**
   * @param {import('./catalog_format.js').Entry} entry
   * @param {import('onedge').Model} model
   * @param {import('onedge').Session} session of the model, for tensors. Both are owned from now on
   */
  constructor(entry, model, session) {
    this.entry = entry;
    this.name = entry.name;
    this.model = model;
    this.session = session;
    this.version = entry.version || model.description.version || NO_VERSION;
  }

  get description() {
    return this.model.description;
  }
  get cache() {
    return this.model.stats().cache;
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
    this.session.dispose();
    this.model.dispose();
  }
}
