// Runs work once for all callers that request it at the same time; each gets a share of the result. The work is aborted
// when its last caller has left.

const running = new Map(); // key -> SharedWork

/**
 * @template T
 * @param {any} key callers with the same key wait for the same work
 * @param {(options: {signal: AbortSignal, onProgress: (progress: any) => void}) => Promise<T>} start
 * @param {{share: (value: T) => T, dispose: (value: T) => void}} ownership share: for each further caller
 * @param {{signal?: AbortSignal, onProgress?: (progress: any) => void}} caller
 * @returns {Promise<T>}
 */
export function shareWork(key, start, ownership, caller) {
  if (caller.signal?.aborted) return Promise.reject(caller.signal.reason);
  let work = running.get(key);
  if (!work) {
    work = new SharedWork(ownership, () => running.get(key) === work && running.delete(key));
    running.set(key, work);
    work.begin(start);
  }
  return work.wait(caller);
}

class SharedWork {
  #callers = new Set(); // {resolve, reject, onProgress}
  #controller = new AbortController();
  #progress;
  #ownership;
  #close; // from now on a new caller starts new work

  constructor(ownership, close) {
    this.#ownership = ownership;
    this.#close = close;
  }

  begin(start) {
    const onProgress = (progress) => {
      this.#progress = progress;
      for (const caller of [...this.#callers]) this.#report(caller);
    };
    start({ signal: this.#controller.signal, onProgress }).then(
      (value) => this.#succeed(value),
      (error) => this.#end().forEach(({ reject }) => reject(error)),
    );
  }

  wait({ signal, onProgress }) {
    return new Promise((resolve, reject) => {
      const abort = () => this.#leave(caller, signal.reason);
      const settle = (how) => (value) => {
        signal?.removeEventListener('abort', abort);
        how(value);
      };
      const caller = { resolve: settle(resolve), reject: settle(reject), onProgress };
      this.#callers.add(caller);
      signal?.addEventListener('abort', abort);
      if (this.#progress) this.#report(caller);
    });
  }

  #succeed(value) {
    const callers = this.#end();
    const { share, dispose } = this.#ownership;
    if (callers.length === 0) dispose(value);
    // All shares first: a caller may dispose of its own at once.
    const shares = callers.map((_, i) => (i === 0 ? value : share(value)));
    callers.forEach(({ resolve }, i) => resolve(shares[i]));
  }

  #end() {
    this.#close();
    const callers = [...this.#callers];
    this.#callers.clear();
    return callers;
  }

  #report(caller) {
    try {
      caller.onProgress?.(this.#progress);
    } catch (error) {
      this.#leave(caller, error); // the caller's own function failed: only its load fails
    }
  }

  #leave(caller, error) {
    this.#callers.delete(caller);
    if (this.#callers.size === 0) {
      this.#close();
      this.#controller.abort(error);
    }
    caller.reject(error);
  }
}
