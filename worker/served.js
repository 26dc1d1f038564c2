// One model in memory, and the object that answers its requests. It is disposed of when nobody uses it any more.
import { contractOf } from 'onedge/internal';
import { Contract } from './contract.js';

const NO_VERSION = '0.0.0'; // of a bare .onnx file
const LONGEST_USE = 60_000; // ms; after this time the host has ended a request that has not released the model

export class Served {
  #contract;
  #users = 0;
  #lastUse = 0; // ms

  /**
   * @param {import('./catalog_format.js').Entry} entry
   * @param {import('onedge').Model} model owned from now on
   */
  constructor(entry, model) {
    this.entry = entry;
    this.name = entry.name;
    this.model = model;
    this.version = entry.version || model.description.version || NO_VERSION;
  }

  get description() {
    return this.model.description;
  }
  get cache() {
    return this.model.stats().cache;
  }
  /** Made by the first request that needs it. */
  get contract() {
    this.#contract ??= new Contract(contractOf(this.model, this.name, this.version));
    return this.#contract;
  }

  get idle() {
    return this.#users === 0 || Date.now() - this.#lastUse > LONGEST_USE;
  }
  /** Runs `work`; the model stays loaded during it. */
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
    this.#contract?.dispose();
    this.model.dispose();
  }
}
