// The main thread's side of a worker: calls that are answered by messages.
import { onedgeError } from '../error.js';
import { unpackError } from './messages.js';

/**
 * @typedef {{post: (message: object, transfer?: ArrayBuffer[]) => void, listen: (onMessage: Function, onError:
 * Function) => void, busy: (yes: boolean) => void, stop: () => void}} Thread started by a host
 */

export class Caller {
  #thread;
  #waiting = new Map(); // id -> {resolve, reject, onProgress}
  #lastId = 0;
  #stopped = null;
  /** The last stats() of the model. */
  stats = null;

  /**
   * @param {Thread} thread @param {() => Promise<Uint8Array | undefined>} [nextChunk] of a source that this thread
   * reads
   */
  constructor(thread, nextChunk) {
    this.#thread = thread;
    thread.listen(
      (message) => (message.pull ? this.#sendChunk(nextChunk) : this.#answer(message)),
      (error) => this.stop(onedgeError('INTERNAL', `the worker failed: ${error.message}`, error)),
    );
  }

  /** Rejects at once if `signal` is aborted; the worker stops as soon as it notices. */
  call(message, { signal, onProgress } = {}) {
    if (this.#stopped) return Promise.reject(this.#stopped);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++this.#lastId;
    // With shared memory, a run polls this flag between its steps; otherwise it finishes and its result is discarded.
    const flag = signal && typeof SharedArrayBuffer === 'function' ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
    return new Promise((resolve, reject) => {
      const abort = () => {
        if (flag) Atomics.store(flag, 0, 1);
        if (!this.#stopped) this.#thread.post({ abort: id });
        reject(signal.reason);
      };
      const done = (settle) => (value) => {
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(id);
        if (this.#waiting.size === 0 && !this.#stopped) this.#thread.busy(false);
        settle(value);
      };
      signal?.addEventListener('abort', abort);
      this.#waiting.set(id, { resolve: done(resolve), reject: done(reject), onProgress });
      this.#thread.busy(true);
      try {
        this.#thread.post({ ...message, id, flag });
      } catch (error) {
        this.#waiting.get(id).reject(new TypeError(`this cannot be sent to a worker: ${error.message}`, { cause: error }));
      }
    });
  }

  /** Ends the worker and rejects all pending calls with `error`. */
  stop(error) {
    if (this.#stopped) return;
    this.#stopped = error;
    this.#thread.stop();
    for (const { reject } of [...this.#waiting.values()]) reject(error);
  }

  #answer({ id, result, error, stats, progress }) {
    const waiting = this.#waiting.get(id);
    if (progress) return waiting?.onProgress?.(progress);
    if (stats) this.stats = stats;
    if (error) waiting?.reject(unpackError(error));
    else waiting?.resolve(result);
  }

  async #sendChunk(nextChunk) {
    try {
      const chunk = await nextChunk();
      if (this.#stopped) return;
      this.#thread.post(chunk ? { chunk } : { end: true }, chunk ? [chunk.buffer] : []);
    } catch (error) {
      if (!this.#stopped) this.#thread.post({ error: error.message });
    }
  }
}
