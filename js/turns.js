// Runs that share a wasm session take turns: the session can be in the middle of one run only.
import { SLICE, breathe } from './breathe.js';

export class Turns {
  #taken = false;
  #waiting = []; // functions that give the turn to a run, in the order of the calls

  /**
   * Steps a run to its end, after the runs before it have ended. If there is none, the first step is done before this
   * returns.
   * @template T
   * @param {(milliseconds: number) => T | null} step continues the run for this time; null: more work remains
   * @param {{stop?: () => void, signal?: AbortSignal}} [options] stop: ends an unfinished run after a step has thrown.
   *   signal: ends the wait for the turn
   * @returns {Promise<T>}
   */
  async work(step, { stop, signal } = {}) {
    if (this.#taken) await this.#turn(signal);
    this.#taken = true;
    try {
      for (;;) {
        const answer = step(SLICE);
        if (answer !== null) return answer;
        await breathe();
      }
    } catch (error) {
      stop?.();
      throw error;
    } finally {
      this.#passOn();
    }
  }

  // The turn goes from run to run without being free in between, so that no third one can take it.
  #passOn() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken = false;
  }

  #turn(signal) {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(next), 1);
        reject(signal.reason);
      };
      const next = () => {
        signal?.removeEventListener('abort', leave);
        resolve(breathe());
      };
      this.#waiting.push(next);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
