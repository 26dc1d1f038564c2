// Runs that share a wasm session take turns.
import { SLICE, breathe } from './breathe.js';

export class Turns {
  #taken = null; // a promise that is fulfilled when the unfinished run has ended

  /** Whether a run is unfinished and waits for the host. */
  get taken() {
    return this.#taken !== null;
  }

  /** Resolves once no run is unfinished. */
  async free(signal) {
    const aborted = signal && new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    while (this.#taken) {
      await (aborted ? Promise.race([this.#taken, aborted]) : this.#taken);
      signal?.throwIfAborted();
    }
  }

  /**
   * Works until `piece` returns anything except null.
   * @param {(milliseconds: number) => any} piece continues a run for this time; null: more work remains
   * @returns {any} a promise only if the first piece is not the last
   */
  work(piece) {
    const answer = piece(SLICE);
    return answer === null ? this.#goOn(piece) : answer;
  }

  async #goOn(piece) {
    let end;
    this.#taken = new Promise((resolve) => (end = resolve));
    try {
      for (;;) {
        await breathe();
        const answer = piece(SLICE);
        if (answer !== null) return answer;
      }
    } finally {
      this.#taken = null;
      end();
    }
  }
}
