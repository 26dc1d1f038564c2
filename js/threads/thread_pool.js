// Threads for the kernels of a module: workers that run the same module on the same memory and wait for work in it. The
// models of an instance share a pool. It ends with the last of them.
import { check } from '../error.js';
import { host } from '../host.js';

const pools = new WeakMap(); // exports -> Map of number of threads -> ThreadPool

export class ThreadPool {
  #handle;
  #failed; // Int32Array: HostThreads::failed_word()
  #workers = []; // of host.startPoolThread
  #threads;
  #users = 0;
  #forget;
  /** The reason why the pool has lost its threads, or never got them: all work is done by the caller's. */
  failure;

  /**
   * A share of the pool with this number of threads; the owner must call release(). The threads start meanwhile; until
   * then the caller's does their work.
   * @param {import('../module.js').Instance} instance of a module with threads
   * @param {number} threads with the caller's own, at least 2
   */
  static take(instance, threads) {
    const { exports } = instance;
    if (!pools.has(exports)) pools.set(exports, new Map());
    const all = pools.get(exports);
    let pool = all.get(threads);
    if (!pool) {
      pool = new ThreadPool(instance, threads, () => all.get(threads) === pool && all.delete(threads));
      all.set(threads, pool);
    }
    return pool.share();
  }

  /** Stops the threads of a module that has failed. */
  static stopAll(exports, error) {
    for (const pool of [...(pools.get(exports)?.values() ?? [])]) pool.#fail(error);
  }

  constructor({ exports, module, memory }, threads, forget) {
    this.#threads = threads;
    this.#forget = forget;
    this.#handle = check(exports.ThreadPool.create(threads, maySleep()));
    const failedWord = this.#handle.failedWord();
    this.#failed = new Int32Array(memory.buffer, failedWord, 1);
    try {
      for (let i = 1; i < threads && !this.failure; ++i) {
        const message = { module, memory, words: this.#handle.wordsOf(i), failedWord };
        this.#workers.push(host.startPoolThread(message, (error) => this.#fail(error)));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  share() {
    this.#users += 1;
    return this;
  }

  /** Of the ThreadPoolHandle in wasm. */
  get address() {
    return this.#handle.address;
  }

  /** How many work, with the caller's. */
  get threads() {
    return this.failure ? 1 : this.#threads;
  }

  /** Ends the threads after the last release. REQUIRES: the caller's sessions have been deleted. */
  release() {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#forget();
    // The memory of a thread is free only when the thread can no longer begin to use it.
    Promise.all(this.#workers.map(({ joined }) => joined)).then(() => {
      this.failure ??= ENDED;
      this.#handle.delete();
    });
  }

  // Without one thread, the others are of little use. New models get a new pool.
  #fail(error) {
    if (this.failure) return;
    this.failure = error;
    this.#forget();
    Atomics.store(this.#failed, 0, 1);
    for (const { stop } of this.#workers) stop();
  }
}

const ENDED = new Error('ended');

// The main thread of a page must not sleep.
function maySleep() {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}
