import { requireOk } from './download.js';
import { check, requireLive } from './error.js';
import { instantiate } from './module.js';

const STRATEGIES = ['longest_first', 'only_first', 'only_second'];

/** Text to token ids and back, as Hugging Face tokenizers does it for the same tokenizer.json. */
export class Tokenizer {
  #handle;

  /** @private */
  constructor(handle) {
    this.#handle = handle;
  }

  /**
   * @param {string | ArrayBuffer | ArrayBufferView | object | Response} tokenizerJson the contents of tokenizer.json
   * @param {{wasm?: any, build?: 'simd' | 'relaxed'}} [options]
   * @returns {Promise<Tokenizer>}
   */
  static async from(tokenizerJson, options) {
    const { exports } = await instantiate(options);
    return new Tokenizer(check(exports.Tokenizer.load(await bytesOf(tokenizerJson))));
  }

  get vocabularySize() {
    return requireLive(this.#handle, 'tokenizer').vocabularySize();
  }

  /**
   * @param {string} text
   * @param {{pair?: string, addSpecialTokens?: boolean,
   *   truncation?: false | number | {maxLength: number, strategy?: string, stride?: number, direction?: 'left' | 'right'},
   *   padding?: false | true | number | {length?: number, padToMultipleOf?: number, padId?: number, padTypeId?: number,
   *   padToken?: string, direction?: 'left' | 'right'}}} [options] truncation and padding: left out, what tokenizer.json says;
   *   false: none; a number: to so many tokens
   * @returns {{ids: Int32Array, typeIds: Int32Array, attentionMask: Uint8Array, specialTokensMask: Uint8Array, wordIds: Int32Array,
   *   offsets: [number, number][], overflowing: object[]}} offsets in UTF-16 units; wordIds -1: none
   */
  encode(text, { pair, ...options } = {}) {
    return this.encodeBatch([pair === undefined ? text : [text, pair]], options)[0];
  }

  /** As encode, for each text or [text, pair]; `padding: true` pads to the longest. */
  encodeBatch(texts, { addSpecialTokens = true, truncation, padding } = {}) {
    const handle = requireLive(this.#handle, 'tokenizer');
    const inputs = texts.map((text) => (Array.isArray(text) ? text : [text]).map(wellFormed));
    const options = { addSpecialTokens, truncation: truncationOf(truncation), padding: paddingOf(padding) };
    return check(handle.encode(inputs, options)).map(withOffsetPairs);
  }

  /**
   * @param {ArrayLike<number | bigint>} ids
   * @param {{skipSpecialTokens?: boolean}} [options]
   */
  decode(ids, { skipSpecialTokens = true } = {}) {
    return check(requireLive(this.#handle, 'tokenizer').decode(Int32Array.from(ids, Number), skipSpecialTokens));
  }

  /** undefined where the vocabulary has no such token. */
  tokenToId(token) {
    return requireLive(this.#handle, 'tokenizer').tokenToId(token);
  }
  /** undefined where no token has this id. */
  idToToken(id) {
    return requireLive(this.#handle, 'tokenizer').idToToken(id);
  }

  dispose() {
    this.#handle?.delete();
    this.#handle = null;
  }
  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.dispose();
  }
}

// Lone surrogates, which UTF-8 cannot hold, become U+FFFD, as everywhere on the web.
function wellFormed(text) {
  if (typeof text !== 'string') throw new TypeError(`encode: expected a string, got ${typeof text}`);
  return text.toWellFormed?.() ?? text;
}

function withOffsetPairs({ offsets, overflowing, ...encoding }) {
  const pairs = [];
  for (let i = 0; i < offsets.length; i += 2) pairs.push([offsets[i], offsets[i + 1]]);
  return { ...encoding, offsets: pairs, overflowing: overflowing.map(withOffsetPairs) };
}

function count(value, name, fallback) {
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${name}: expected an integer of at least 0, got ${value}`);
  return value;
}

function directionOf(value = 'right') {
  if (value !== 'left' && value !== 'right') throw new TypeError(`direction: expected 'left' or 'right', got '${value}'`);
  return value;
}

// undefined: as the tokenizer says; null: off.
function truncationOf(truncation) {
  if (truncation === undefined) return undefined;
  if (truncation === false || truncation === null) return null;
  const options = typeof truncation === 'number' ? { maxLength: truncation } : truncation;
  const strategy = options.strategy ?? 'longest_first';
  if (!STRATEGIES.includes(strategy)) throw new TypeError(`truncation.strategy: expected ${STRATEGIES.join(', ')}, got '${strategy}'`);
  const maxLength = count(options.maxLength, 'truncation.maxLength');
  if (maxLength === undefined) throw new TypeError('truncation: maxLength is missing');
  return { strategy, maxLength, stride: count(options.stride, 'truncation.stride', 0), direction: directionOf(options.direction) };
}

function paddingOf(padding) {
  if (padding === undefined) return undefined;
  if (padding === false || padding === null) return null;
  const options = typeof padding === 'number' ? { length: padding } : padding === true ? {} : padding;
  return {
    length: count(options.length, 'padding.length'),
    padToMultipleOf: count(options.padToMultipleOf, 'padding.padToMultipleOf', 0),
    padId: count(options.padId, 'padding.padId', 0),
    padTypeId: count(options.padTypeId, 'padding.padTypeId', 0),
    padToken: options.padToken ?? '[PAD]',
    direction: directionOf(options.direction),
  };
}

async function bytesOf(json) {
  json = await json;
  if (typeof json === 'string') return new TextEncoder().encode(json);
  if (json instanceof ArrayBuffer) return new Uint8Array(json);
  if (ArrayBuffer.isView(json)) return new Uint8Array(json.buffer, json.byteOffset, json.byteLength);
  if (typeof Response === 'function' && json instanceof Response) {
    requireOk(json, json.url || 'tokenizer.json');
    return new Uint8Array(await json.arrayBuffer());
  }
  if (json !== null && typeof json === 'object') return new TextEncoder().encode(JSON.stringify(json));
  throw new TypeError('Tokenizer.from: expected the contents of tokenizer.json as a string, bytes, Response or parsed object');
}
