// The time of one answer by parts, for the header Server-Timing. Edge hosts stop their clocks while code runs, so only
// parts that wait are visible there.

const ORDER = ['load', 'tokenize', 'run', 'queue']; // the order of the present parts

export class Timing {
  #started = Date.now();
  #parts = new Map(); // name -> ms

  get total() {
    return Date.now() - this.#started;
  }
  add(name, milliseconds) {
    this.#parts.set(name, (this.#parts.get(name) ?? 0) + milliseconds);
  }
  /** Runs `work` and adds its time to `name`. */
  async measure(name, work) {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.add(name, performance.now() - started);
    }
  }
  part(name) {
    return this.#parts.get(name) ?? 0;
  }
  toString() {
    const parts = ORDER.filter((name) => this.#parts.has(name)).map((name) => [name, this.#parts.get(name)]);
    const entries = [...parts, ['total', this.total]];
    return entries.map(([name, milliseconds]) => `${name};dur=${Math.round(milliseconds * 100) / 100}`).join(', ');
  }
}
