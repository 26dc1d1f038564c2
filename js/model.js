import { breathe } from './breathe.js';
import { DescribedModel } from './described.js';
import { check, requireLive } from './error.js';
import { release, share } from './loading.js';
import { Session, newSession, statsOf, tensorRun } from './session.js';
import { Tokenizer } from './tokenizer.js';
import { Turns } from './turns.js';

/**
 * For onedge/worker: the wasm handle that answers requests over HTTP to a model, which they call `name` and `version`.
 */
export let contractOf;

/** A packaged model with its task: texts or pixels in, answers out. */
export class Model extends DescribedModel {
  #loaded;
  #model;
  #session;
  #description;
  #tokenizer = null;
  #runMilliseconds = null;
  #turns = new Turns();

  static {
    contractOf = (model, name, version) => {
      const { address } = requireLive(model.#model, 'model');
      return check(model.#loaded.exports.Contract.create(address, name, version));
    };
  }

  /** @private @param {import('./loading.js').Loaded} loaded owned from now on */
  constructor(loaded) {
    super();
    this.#loaded = loaded;
    this.#model = loaded.handle;
    this.#session = newSession(loaded);
    this.#description = loaded.description;
  }

  /** A session that shares the weights, for tensors. It has its own plans and activations and may outlive the model. */
  async session() {
    requireLive(this.#model, 'model');
    return new Session(share(this.#loaded));
  }

  get description() {
    return this.#description;
  }

  /** The model's tokenizer; it lives as long as the model. Null if the file has none. */
  get tokenizer() {
    const model = requireLive(this.#model, 'model');
    if (!this.#tokenizer && model.hasTokenizer()) this.#tokenizer = new Tokenizer(model.tokenizer(), this.#loaded.exports);
    return this.#tokenizer;
  }

  /**
   * Runs the model's task; docs/tasks.md lists inputs and answers.
   * @param {any} input a text, {text, text_pair}, {ids}, {question, context}, {query, texts}, ImageData or {data,
   * width, height, channels}, or tensors by name; or an array of them, which gives an array of answers
   * @param {object} [options] those of the task, with the names of transformers.js (top_k or topK), and: signal: an
   * AbortSignal, checked every few milliseconds. cancelled: polled between steps. task: another task that the model can
   * do
   * @returns {Promise<any>}
   */
  async run(input, { signal, cancelled, ...options } = {}) {
    signal?.throwIfAborted();
    const batch = Array.isArray(input) ? input : [input];
    const kinds = batch.map(kindOf);
    const answers = [];
    // Texts run together; images and tensors one by one.
    for (const inputs of kinds.every((kind) => kind === 'text') ? [batch] : batch.map((one) => [one])) {
      if (answers.length > 0) await breathe();
      signal?.throwIfAborted();
      const areTensors = kinds[answers.length] === 'tensors';
      const part = areTensors ? [await this.#runTensors(inputs[0], signal, cancelled)] : this.#runTask(inputs, options, signal, cancelled);
      answers.push(...(await part));
    }
    return Array.isArray(input) ? answers : answers[0];
  }

  async #runTensors(feeds, signal, cancelled) {
    const run = tensorRun(() => requireLive(this.#session, 'model'), feeds, signal, cancelled);
    return this.#turns.work(this.#timed(run.step), { stop: () => run.stop(this.#session), signal });
  }

  async #runTask(inputs, options, signal, cancelled) {
    const { data, width, height, channels } = inputs[0] ?? {};
    if (data) inputs = [{ width, height, channels: channels ?? data.length / (width * height) }];
    const started = performance.now();
    let task = check(requireLive(this.#session, 'model').startTask(jsonOf(inputs), jsonOf(options), data));
    // Once: the number may be that of another task after the end.
    const stop = () => {
      if (task !== undefined) this.#session?.stopTask(task);
      task = undefined;
    };
    const step = this.#timed((milliseconds) => {
      const session = requireLive(this.#session, 'model');
      signal?.throwIfAborted();
      session.pollCancelled(cancelled);
      return check(session.stepTask(task, milliseconds));
    }, performance.now() - started);
    try {
      for (;;) {
        const answers = await this.#turns.work(step, { stop, signal });
        if (answers !== undefined) return typeof answers === 'string' ? JSON.parse(answers) : answers;
        await breathe();
      }
    } catch (error) {
      stop();
      throw error;
    }
  }

  // The time of a run is that of its steps, and of `before`, in ms.
  #timed(step, before = 0) {
    let spent = before;
    return (milliseconds) => {
      const started = performance.now();
      try {
        return step(milliseconds);
      } finally {
        spent += performance.now() - started;
        this.#runMilliseconds = spent;
      }
    };
  }

  /** Build, sizes in bytes, times in ms; runMilliseconds is that of the last run. */
  stats() {
    const model = requireLive(this.#model, 'model');
    return { ...statsOf(this.#loaded, model, this.#session), runMilliseconds: this.#runMilliseconds };
  }

  dispose() {
    this.#tokenizer?.dispose();
    this.#session?.delete();
    if (this.#model) release(this.#loaded);
    this.#tokenizer = this.#session = this.#model = null;
  }
}

function kindOf(input) {
  if (typeof input !== 'string' && (input === null || typeof input !== 'object')) {
    const got = input === null ? 'null' : typeof input;
    throw new TypeError(`run: expected a text, an object of texts, an image or tensors by name, got ${got}`);
  }
  if (ArrayBuffer.isView(input.data)) return 'image';
  return Object.values(input).some((part) => part?.dims) ? 'tensors' : 'text';
}

// null becomes 0, which means "all" for top_k. Lone surrogates, which UTF-8 cannot hold, become U+FFFD. Token ids may
// be a typed array.
const jsonOf = (value) =>
  JSON.stringify(value, (_, part) => {
    if (part === null) return 0;
    return ArrayBuffer.isView(part) ? Array.from(part) : (part?.toWellFormed?.() ?? part);
  });
