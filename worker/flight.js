// One piece of work that many requests wait for. It runs within the request that began it, and a host may end that request: then the work
// never settles. So who waits has a clock of its own, and work that has shown no life for a while is begun anew.
import { httpError } from './errors.js';

const TIMEOUT = Symbol('timeout');

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
    return this.#secondsToLive <= 0;
  }
  get #secondsToLive() {
    return this.#deadAfter - (Date.now() - this.#lastSign) / 1000;
  }

  /** What the work gives, or 503 with `message` after `seconds`; undefined where it died meanwhile. */
  async wait(seconds, message) {
    const deadline = Date.now() + seconds * 1000;
    while (!this.dead) {
      const left = (deadline - Date.now()) / 1000;
      if (left <= 0) throw httpError(503, message, { code: 'UNAVAILABLE' });
      const answer = await within(this.#promise, Math.min(left, this.#secondsToLive), () => TIMEOUT).catch((error) => {
        if (error !== TIMEOUT) throw error;
      });
      if (answer !== undefined) return answer;
    }
    return undefined;
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
