// One piece of work that many requests wait for. It runs within the request that began it, and a host may end that request: then the work
// never settles. So who waits has a clock of its own, and work that has shown no life for a while is begun anew.
import { httpError } from './errors.js';

export class Flight {
  #promise;
  #lastSign = Date.now(); // ms
  #deadAfter;

  /**
   * @param {(alive: () => void) => Promise<any>} work calls alive() while it gets on
   * @param {{deadAfter: number, keepAlive: (work: Promise<any>) => void}} options seconds; keepAlive: the host's waitUntil
   */
  constructor(work, { deadAfter, keepAlive }) {
    this.#deadAfter = deadAfter;
    this.#promise = work(() => (this.#lastSign = Date.now()));
    const settled = this.#promise.catch(() => {});
    keepAlive(settled);
  }

  get dead() {
    return Date.now() - this.#lastSign > this.#deadAfter * 1000;
  }

  /** What the work gives, or 503 with `message` after `seconds`. */
  wait(seconds, message) {
    return within(this.#promise, seconds, () => httpError(503, message, { code: 'UNAVAILABLE' }));
  }
}

/** `promise`, or after `seconds` a rejection with what `errorOf` makes. */
export function within(promise, seconds, errorOf) {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(errorOf()), seconds * 1000);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
