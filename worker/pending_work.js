// Work that many requests wait for. It runs within the request that started it. If the host ends that request, the work
// never settles. So each waiting request has its own time limit, and work without progress for a while counts as lost.
import { httpError } from './errors.js';

const TIMEOUT = Symbol('timeout');

export class PendingWork {
  #promise;
  #lastProgress = Date.now(); // ms
  #lostAfter;

  /**
   * @param {(onProgress: () => void) => Promise<any>} work
   * @param {{lostAfter: number, keepAlive: (work: Promise<any>) => void}} options lostAfter: seconds without progress;
   * keepAlive: the host's waitUntil
   */
  constructor(work, { lostAfter, keepAlive }) {
    this.#lostAfter = lostAfter;
    this.#promise = work(() => (this.#lastProgress = Date.now()));
    keepAlive(this.#promise.catch(() => {}));
  }

  /** Whether it has to be started again. */
  get lost() {
    return this.#secondsLeft <= 0;
  }
  get #secondsLeft() {
    return this.#lostAfter - (Date.now() - this.#lastProgress) / 1000;
  }

  /** The result of the work, or 503 with `message` after `seconds`; undefined if the work was lost meanwhile. */
  async wait(seconds, message) {
    const deadline = Date.now() + seconds * 1000;
    while (!this.lost) {
      const left = (deadline - Date.now()) / 1000;
      if (left <= 0) throw httpError(503, message, { code: 'UNAVAILABLE' });
      const answer = await within(this.#promise, Math.min(left, this.#secondsLeft), () => TIMEOUT).catch((error) => {
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
