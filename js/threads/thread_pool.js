// Threads for the kernels of a module: workers that run the same module on the same memory and wait for work in it. The
// models of an instance share a pool. It ends with the last of them.
import { check } from '../error.js';
import { host } from '../host.js';

const pools = new Map(); // exports -> Map of number of threads -> ThreadPool

export class ThreadPool {
  #handle; // undefined: it could not be made
  #users = 0;
  #forget;
  /** Resolves when all threads wait for work; rejects if one cannot be started. */
  ready;

  /**
   * A share of the pool with this number of threads; the owner must call release().
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

  constructor(instance, threads, forget) {
    this.#forget = forget;
    this.ready = this.#start(instance, threads);
    this.ready.catch(() => {}); // its users see the error
  }

  share() {
    this.#users += 1;
    return this;
  }

  /** Of the ThreadPoolHandle in wasm. REQUIRES: `ready` has resolved. */
  get address() {
    return this.#handle.address;
  }

  /** Ends the threads after the last release. REQUIRES: the caller's sessions have been deleted. */
  release() {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#forget();
    this.ready.then(() => this.#handle.delete(), () => {});
  }

  async #start({ exports, module, memory }, threads) {
    const handle = check(exports.ThreadPool.create(threads, maySleep()));
    const workers = [];
    try {
      for (let i = 1; i < threads; ++i) {
        workers.push(host.startPoolThread({ module, memory, words: handle.wordsOf(i), failedWord: handle.failedWord() }));
      }
      await Promise.all(workers.map(({ joined }) => joined));
      this.#handle = handle;
    } catch (error) {
      this.#forget();
      for (const { joined, stop } of workers) {
        joined.catch(() => {});
        stop();
      }
      Atomics.store(new Int32Array(memory.buffer), handle.failedWord() / 4, 1); // nobody waits for those that have joined
      handle.delete();
      throw error;
    }
  }
}

// The main thread of a page must not sleep.
function maySleep() {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}
