/** The result for a text. Its arrays are made on first use. */
export class Encoding {
  #words; // of the whole answer (src/wasm/tokenizer_binding.cc)
  #begin;
  #made = {};

  /** @private */
  constructor(words, begin) {
    this.#words = words;
    this.#begin = begin;
  }

  /** The number of tokens. */
  get length() {
    return this.#words[this.#begin];
  }
  get ids() {
    return (this.#made.ids ??= this.#ints(0));
  }
  get typeIds() {
    return (this.#made.typeIds ??= this.#ints(1));
  }
  get wordIds() {
    return (this.#made.wordIds ??= this.#ints(2));
  }
  get offsets() {
    return (this.#made.offsets ??= this.#pairs());
  }
  get attentionMask() {
    return (this.#made.attentionMask ??= this.#mask(0));
  }
  get specialTokensMask() {
    return (this.#made.specialTokensMask ??= this.#mask(1));
  }
  get overflowing() {
    return (this.#made.overflowing ??= readEncodings(this.#words, this.#begin + this.#own, this.#words[this.#begin + 1]));
  }

  /** A plain object with all fields, for structured clones and JSON. */
  toJSON() {
    const { ids, typeIds, attentionMask, specialTokensMask, wordIds, offsets, overflowing } = this;
    return { ids, typeIds, attentionMask, specialTokensMask, wordIds, offsets, overflowing: overflowing.map((window) => window.toJSON()) };
  }

  // The number of words of this encoding without its windows.
  get #own() {
    return 2 + 5 * this.length + 2 * ((this.length + 3) >> 2);
  }
  // The number of words to the next encoding.
  get words() {
    let end = this.#begin + this.#own;
    for (let i = 0; i < this.#words[this.#begin + 1]; ++i) end += new Encoding(this.#words, end).words;
    return end - this.#begin;
  }
  #ints(column) {
    const begin = this.#begin + 2 + column * this.length;
    return this.#words.slice(begin, begin + this.length);
  }
  #pairs() {
    const pairs = new Array(this.length);
    for (let i = 0, at = this.#begin + 2 + 3 * this.length; i < pairs.length; ++i, at += 2) pairs[i] = [this.#words[at], this.#words[at + 1]];
    return pairs;
  }
  #mask(column) {
    const begin = 4 * (this.#begin + 2 + 5 * this.length + column * ((this.length + 3) >> 2));
    return new Uint8Array(this.#words.buffer.slice(begin, begin + this.length));
  }
}

/** `count` encodings from `words` on. */
export function readEncodings(words, begin, count) {
  const encodings = new Array(count);
  for (let i = 0; i < count; ++i) {
    encodings[i] = new Encoding(words, begin);
    if (i + 1 < count) begin += encodings[i].words;
  }
  return encodings;
}
