// How many requests are answered at once.
import { httpError } from './errors.js';

const LONGEST = 60_000; // ms; a request that began before that was ended by the host and will not say so

export class Slots {
  #limit;
  #started = new Map(); // request -> ms

  constructor(limit) {
    this.#limit = limit;
  }

  get taken() {
    return this.#started.size;
  }

  async use(work) {
    const now = Date.now();
    for (const [one, started] of this.#started) if (now - started > LONGEST) this.#started.delete(one);
    if (this.taken >= this.#limit) {
      throw httpError(429, `${this.taken} requests are being answered, which is the limit: ask again`, { code: 'UNAVAILABLE', headers: { 'retry-after': '1' } });
    }
    const slot = Symbol('slot');
    this.#started.set(slot, now);
    try {
      return await work();
    } finally {
      this.#started.delete(slot);
    }
  }
}
