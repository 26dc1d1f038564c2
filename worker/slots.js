// Limits the number of simultaneous requests.
import { httpError } from './errors.js';

const LONGEST = 60_000; // ms; the host has ended a request that began earlier, and sends no notice

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
      throw httpError(429, `${this.taken} requests are running, which is the limit; retry later`, { code: 'UNAVAILABLE', headers: { 'retry-after': '1' } });
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
