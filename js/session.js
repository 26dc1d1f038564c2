import { DescribedSession } from './described.js';
import { arrayTypeOf } from './dtype.js';
import { check, requireLive } from './error.js';
import { loadModel, release } from './loading.js';
import { SESSION_OPTIONS, requireKnown } from './options.js';
import { Source } from './source.js';
import { Tensor, tensorOf } from './tensor.js';
import { Turns } from './turns.js';

/** Runs any ONNX model on tensors. */
export class Session extends DescribedSession {
  #model; // the wasm handles; null after dispose()
  #session;
  #loaded;
  #turns = new Turns();

  /** @private @param {import('./loading.js').Loaded} loaded owned from now on */
  constructor(loaded) {
    super();
    this.#loaded = loaded;
    this.#model = loaded.handle;
    this.#session = newSession(loaded);
    /** Inputs, outputs, operators, opset imports: see `onedge inspect`. */
    this.description = loaded.description;
  }

  /**
   * @param {string | URL | Response | ReadableStream | Blob | ArrayBuffer | ArrayBufferView | Source} given an .onnx or
   * .onedge model
   * @param {object} [options] the options of load(), except worker and fallback
   * @returns {Promise<Session>}
   */
  static async create(given, options = {}) {
    requireKnown(options, SESSION_OPTIONS, 'Session.create');
    options.signal?.throwIfAborted();
    return new Session(await loadModel(Source.of(await given), options));
  }

  /**
   * @param {Record<string, Tensor>} feeds one tensor for each input
   * @param {{signal?: AbortSignal, cancelled?: () => boolean}} [options] signal: checked every few milliseconds, stops
   * the run. cancelled: polled between steps; true stops the run
   * @returns {Promise<Record<string, Tensor>>} one tensor for each output, with its own data
   */
  async run(feeds = {}, { signal, cancelled } = {}) {
    signal?.throwIfAborted();
    const run = tensorRun(() => requireLive(this.#session, 'session'), feeds, signal, cancelled);
    return this.#turns.work(run.step, { stop: () => run.stop(this.#session), signal });
  }

  /**
   * As run(), with the time of each step.
   * @returns {Promise<import('onedge').Profile>} steps in the order of their ends; a step with subgraphs (If, Loop,
   * Scan) includes the time of the inner steps, which are also listed
   */
  async profile(feeds = {}, { signal, cancelled } = {}) {
    signal?.throwIfAborted();
    const run = tensorRun(() => requireLive(this.#session, 'session'), feeds, signal, cancelled);
    let profiles = false;
    const step = (milliseconds) => {
      if (!profiles) requireLive(this.#session, 'session').profileRuns(true);
      profiles = true;
      const outputs = run.step(milliseconds);
      if (outputs === null) return null;
      const steps = this.#session.steps();
      this.#session.profileRuns(false);
      return { outputs, steps };
    };
    const stop = () => {
      run.stop(this.#session);
      this.#session?.profileRuns(false);
    };
    return this.#turns.work(step, { stop, signal });
  }

  /** Build, sizes in bytes, times in ms. */
  stats() {
    const model = requireLive(this.#model, 'session');
    return statsOf(this.#loaded, model, this.#session);
  }

  dispose() {
    this.#session?.delete();
    if (this.#model) release(this.#loaded);
    this.#session = this.#model = null;
  }
}

/** A wasm session of a model. If it cannot be made, the model is released. */
export function newSession(loaded) {
  try {
    return check(loaded.exports.Session.create(loaded.handle.address, loaded.pool?.address ?? 0));
  } catch (error) {
    release(loaded);
    throw error;
  }
}

/**
 * A run on tensors by name through the wasm session that `live` returns; see Turns.work.
 * @returns {{step: (milliseconds: number) => Record<string, Tensor> | null, stop: (session: object | null) => void}}
 */
export function tensorRun(live, feeds, signal, cancelled) {
  let started = false;
  const step = (milliseconds) => {
    const session = live();
    signal?.throwIfAborted();
    if (!started) setInputs(session, feeds);
    started = true;
    session.pollCancelled(cancelled);
    const count = check(session.run(milliseconds));
    return count === null ? null : outputsOf(session, count);
  };
  return { step, stop: (session) => session?.stopRun() };
}

function setInputs(session, feeds) {
  if (feeds === null || typeof feeds !== 'object') throw new TypeError(`run: expected tensors by the names of their inputs, got ${feeds}`);
  session.clearInputs();
  for (const [name, given] of Object.entries(feeds)) {
    const { dtype, dims, data } = tensorOf(given, name);
    if (dtype === 'string') {
      check(session.addStringInput(name, data, dims));
    } else {
      check(session.addInput(name, dtype, dims)).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
}

function outputsOf(session, count) {
  const outputs = {};
  for (let i = 0; i < count; ++i) {
    const { name, dtype, dims, data } = check(session.output(i));
    const ArrayType = arrayTypeOf(dtype);
    outputs[name] = new Tensor(dtype, ArrayType ? new ArrayType(data.buffer) : data, dims);
  }
  return outputs;
}

/** Shared by stats() of a Session and of a Model. */
export function statsOf(loaded, model, session) {
  return {
    build: loaded.build,
    buildReason: loaded.reason,
    threads: loaded.pool?.threads ?? 1,
    threadsReason: loaded.pool?.failure ? `the threads have failed: ${loaded.pool.failure.message}` : loaded.threadsReason,
    cache: loaded.cache,
    cacheReason: loaded.cacheReason,
    fileBytes: loaded.bytes,
    weightBytes: model.residentBytes(),
    usedBytes: model.usedBytes(),
    arenaBytes: session.arenaBytes(),
    wasmMemoryBytes: loaded.exports.memoryBytes(),
    loadMilliseconds: loaded.milliseconds,
  };
}
