import { breathe } from './breathe.js';
import { DescribedModel } from './described.js';
import { check, OnedgeError, requireLive } from './error.js';
import { statsOf } from './session.js';
import { Tokenizer } from './tokenizer.js';

/** A packaged model with its task: text or pixels in, labels or vectors out. */
export class Model extends DescribedModel {
  #loaded;
  #model;
  #session;
  #description;
  #tokenizer = null;
  #runMilliseconds = null;

  /** @private */
  constructor(loaded) {
    super();
    this.#loaded = loaded;
    this.#model = loaded.handle;
    this.#session = check(loaded.exports.Session.create(loaded.handle.address));
    this.#description = loaded.description;
  }

  get description() {
    return this.#description;
  }

  /** The model's tokenizer; it lives as long as the model. Null where the file holds none. */
  get tokenizer() {
    const model = requireLive(this.#model, 'model');
    if (!this.#tokenizer && model.hasTokenizer()) this.#tokenizer = new Tokenizer(model.tokenizer(), this.#loaded.exports);
    return this.#tokenizer;
  }

  /**
   * Text classification: a string (or an array of strings) to the best labels; feature extraction: to a Float32Array;
   * image classification: ImageData or {data, width, height, channels} to the best labels.
   * @param {any} input
   * @param {{topK?: number, signal?: AbortSignal, cancelled?: () => boolean}} [options] topK: how many labels, 0 for all; default 1.
   *   signal: seen before each input of an array; with `worker: true` between the steps of a run. cancelled: polled between steps
   * @returns {Promise<any>} for an array an array of answers
   */
  async run(input, { topK = 1, signal, cancelled } = {}) {
    signal?.throwIfAborted();
    if (!Number.isSafeInteger(topK) || topK < 0) throw new TypeError(`topK: expected an integer of at least 0, got ${topK}`);
    if (!Array.isArray(input)) return this.#answer(input, topK, cancelled);
    const answers = [];
    for (const one of input) {
      await breathe();
      signal?.throwIfAborted();
      answers.push(this.#answer(one, topK, cancelled));
    }
    return answers;
  }

  #answer(input, topK, cancelled) {
    const session = requireLive(this.#session, 'model');
    session.pollCancelled(cancelled);
    const started = performance.now();
    const answer = check(this.#dispatch(session, input, topK));
    this.#runMilliseconds = performance.now() - started;
    return answer;
  }

  #dispatch(session, input, topK) {
    switch (this.task) {
      case 'text-classification':
        return session.classifyText(textOf(input), topK);
      case 'feature-extraction':
        return session.embed(textOf(input));
      case 'image-classification': {
        const { data, width, height } = input ?? {};
        if (!ArrayBuffer.isView(data) || !(width > 0) || !(height > 0)) {
          throw new TypeError('run: expected ImageData or {data, width, height, channels} for image classification');
        }
        return session.classifyImage(data, width, height, input.channels ?? data.length / (width * height), topK);
      }
      default:
        throw new OnedgeError({
          code: 'UNSUPPORTED',
          message: `the model names the task '${this.task}', which run() does not know; use Session.create and tensors`,
        });
    }
  }

  /** Build, sizes in bytes, times in ms; runMilliseconds is of the last run. */
  stats() {
    const model = requireLive(this.#model, 'model');
    return { ...statsOf(this.#loaded, model, this.#session), runMilliseconds: this.#runMilliseconds };
  }

  dispose() {
    this.#tokenizer?.dispose();
    this.#session?.delete();
    this.#model?.delete();
    this.#tokenizer = this.#session = this.#model = null;
  }
}

function textOf(input) {
  if (typeof input !== 'string') throw new TypeError(`run: expected a string, got ${typeof input}`);
  return input.toWellFormed?.() ?? input;
}

/** The model that was loaded, which it owns from now on. */
export function modelOf(loaded) {
  try {
    return new Model(loaded);
  } catch (error) {
    loaded.handle.delete();
    throw error;
  }
}
