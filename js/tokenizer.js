import { requireOk } from './content.js';
import { Disposable } from './described.js';
import { readEncodings } from './encoding.js';
import { check, requireLive } from './error.js';
import { instantiate } from './module.js';
import { requireKnown } from './options.js';

/** Text to token ids and back, identical to Hugging Face tokenizers with the same tokenizer.json. */
export class Tokenizer extends Disposable {
  #handle;
  #exports;
  #address;

  /** @private */
  constructor(handle, exports) {
    super();
    this.#handle = handle;
    this.#exports = exports;
    this.#address = handle.address;
  }

  /**
   * @param {string | ArrayBuffer | ArrayBufferView | object | Response} source the contents of a tokenizer.json, BERT's
   * vocab.txt, a sentencepiece model or, with its merges.txt as `merges`, a vocab.json
   * @param {{wasm?: any, build?: 'simd' | 'relaxed', merges?: string | ArrayBuffer | ArrayBufferView | Response,
   * lowercase?: boolean, family?: string}} [options] lowercase: for a vocab.txt, default true; family: for a vocab.json
   * or sentencepiece model
   * @returns {Promise<Tokenizer>}
   */
  static async from(source, { merges, lowercase, family = '', ...options } = {}) {
    requireKnown(options, FROM_OPTIONS, 'Tokenizer.from');
    const { exports } = await instantiate(options);
    const files = [await bytesOf(source), merges === undefined ? new Uint8Array() : await bytesOf(merges)];
    return new Tokenizer(check(exports.Tokenizer.load(...files, lowercase, family)), exports);
  }

  get vocabularySize() {
    return requireLive(this.#handle, 'tokenizer').vocabularySize();
  }

  /**
   * @param {string} text
   * @param {{pair?: string, addSpecialTokens?: boolean, truncation?: false | number | {maxLength: number, strategy?:
   * string, stride?: number, direction?: 'left' | 'right'}, padding?: false | true | number | {length?: number,
   * padToMultipleOf?: number, padId?: number, padTypeId?: number, direction?: 'left' | 'right'}}} [options] truncation
   * and padding: default: the setting of tokenizer.json; false: none; a number: to this many tokens
   * @returns {Encoding} offsets in UTF-16 units; wordIds -1: none
   */
  encode(text, options) {
    requireKnown(options, ENCODE_OPTIONS, 'encode');
    return this.#encode([text, options?.pair], options)[0];
  }

  /** Encodes each text or [text, text]; `padding: true` pads to the longest. */
  encodeBatch(texts, options) {
    requireKnown(options, BATCH_OPTIONS, 'encodeBatch');
    const flat = new Array(2 * texts.length);
    for (let i = 0; i < texts.length; ++i) [flat[2 * i], flat[2 * i + 1]] = Array.isArray(texts[i]) ? texts[i] : [texts[i]];
    return this.#encode(flat, options);
  }

  // `texts`: text and pair (or undefined) alternate. Writes the request that src/wasm/tokenizer_binding.cc describes.
  #encode(texts, options) {
    const handle = requireLive(this.#handle, 'tokenizer');
    let units = 0;
    for (let i = 0; i < texts.length; ++i) {
      const text = texts[i];
      if (typeof text === 'string') units += text.length;
      else if (text !== undefined || i % 2 === 0) throw new TypeError(`encode: expected a string, got ${typeof text}`);
    }
    const words = options === undefined ? DEFAULTS : optionWords(options);
    const begin = words.length + texts.length; // of the texts
    const address = this.#exports._tokenizer_request(this.#address, begin + Math.ceil((3 * units) / 4)) >>> 0;
    const heap = this.#exports.heap();
    const request = new Int32Array(heap.buffer, address, begin);
    request.set(words);
    request[0] = texts.length / 2;
    let at = address + 4 * begin;
    for (let i = 0; i < texts.length; ++i) {
      const written = texts[i] === undefined ? -1 : writeUtf8(texts[i], heap, at);
      request[words.length + i] = written;
      if (written > 0) at += written;
    }
    const answer = this.#exports._tokenizer_encode(this.#address) >>> 2;
    if (answer === 0) check(handle.lastFailure());
    const memory = new Int32Array(this.#exports.heap().buffer);
    return readEncodings(memory.slice(answer + 1, answer + memory[answer]), 0, texts.length / 2);
  }

  /**
   * @param {ArrayLike<number | bigint>} ids
   * @param {{skipSpecialTokens?: boolean}} [options]
   */
  decode(ids, options = {}) {
    requireKnown(options, ['skipSpecialTokens'], 'decode');
    const { skipSpecialTokens = true } = options;
    return check(requireLive(this.#handle, 'tokenizer').decode(Int32Array.from(ids, Number), skipSpecialTokens));
  }

  /** undefined if the vocabulary lacks the token. */
  tokenToId(token) {
    return requireLive(this.#handle, 'tokenizer').tokenToId(token);
  }
  /** undefined if no token has this id. */
  idToToken(id) {
    return requireLive(this.#handle, 'tokenizer').idToToken(id);
  }

  dispose() {
    this.#handle?.delete();
    this.#handle = null;
  }
}

const utf8 = new TextEncoder();
const SHORT = 64; // characters; encodeInto takes longer to start than to write this many

// Writes `text` and returns the number of bytes. Lone surrogates, which UTF-8 cannot hold, become U+FFFD, as everywhere
// on the web.
function writeUtf8(text, heap, at) {
  const { length } = text;
  if (length <= SHORT) {
    let i = 0;
    for (; i < length; ++i) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      heap[at + i] = unit;
    }
    if (i === length) return length;
  }
  if (heap.buffer instanceof ArrayBuffer) return utf8.encodeInto(text, heap.subarray(at, at + 3 * length)).written;
  const bytes = utf8.encode(text); // browsers do not encode into shared memory
  heap.set(bytes, at);
  return bytes.length;
}

function count(value = 0, name) {
  if (Number.isInteger(value) && value >= 0 && value <= 0x7fffffff) return value;
  throw new TypeError(`${name}: expected an integer from 0 to 2147483647, got ${value}`);
}

// The number of `value` in `choices`; that of undefined is 0.
function choice(value, choices, name) {
  const found = value === undefined ? 0 : choices.indexOf(value);
  if (found < 0) throw new TypeError(`${name}: expected ${choices.join(', ')}, got '${value}'`);
  return found;
}

// The head of a request (RequestWord in src/wasm/tokenizer_binding.cc): truncation and padding each begin with one of
// these, or 0: as the tokenizer says.
const OFF = 1;
const AS_GIVEN = 2;
const TO_THE_LONGEST = 3; // padding only
const DEFAULTS = new Array(13).fill(0);
DEFAULTS[1] = 1; // special tokens

const FROM_OPTIONS = ['merges', 'lowercase', 'family', 'wasm', 'build'];
const BATCH_OPTIONS = ['addSpecialTokens', 'truncation', 'padding'];
const ENCODE_OPTIONS = [...BATCH_OPTIONS, 'pair'];
const STRATEGIES = ['longest_first', 'only_first', 'only_second'];
const DIRECTIONS = ['right', 'left'];

function optionWords({ addSpecialTokens = true, truncation, padding }) {
  return [
    0, addSpecialTokens ? 1 : 0,
    ...settingWords(truncation, 'truncation', ['maxLength', 'stride', 'strategy', 'direction'], ({ maxLength, strategy, stride, direction }) => {
      if (maxLength === undefined) throw new TypeError('truncation: maxLength is missing');
      return [
        AS_GIVEN, choice(strategy, STRATEGIES, 'truncation.strategy'), count(maxLength, 'truncation.maxLength'), count(stride, 'truncation.stride'),
        choice(direction, DIRECTIONS, 'direction'),
      ];
    }),
    ...settingWords(padding, 'padding', ['length', 'padToMultipleOf', 'padId', 'padTypeId', 'direction'], ({ direction, ...given }) => [
      given.length === undefined ? TO_THE_LONGEST : AS_GIVEN,
      ...['length', 'padToMultipleOf', 'padId', 'padTypeId'].map((name) => count(given[name], `padding.${name}`)),
      choice(direction, DIRECTIONS, 'direction'),
    ]),
  ];
}

// A number stands for the first of the options.
function settingWords(given, name, options, wordsOf) {
  const words = new Array(options.length + 1).fill(0);
  if (given === undefined) return words; // as the tokenizer says
  if (given === false || given === null) return words.fill(OFF, 0, 1);
  if (typeof given === 'number') given = { [options[0]]: given };
  requireKnown(given, options, name);
  return wordsOf(given);
}

// A string that names a file instead of holding its content: a mistake that would otherwise give a tokenizer with one
// strange token.
const LOCATION = /^(https?|file|data|blob|hf):|^[^\n{]+\.(json|txt|model)$/;

async function bytesOf(file) {
  file = await file;
  if (file instanceof URL || (typeof file === 'string' && LOCATION.test(file))) {
    throw new TypeError(`Tokenizer.from: '${file}' is a path or URL; pass what is there, such as await fetch(url) or await readFile(path)`);
  }
  if (typeof file === 'string') return new TextEncoder().encode(file);
  if (file instanceof ArrayBuffer) return new Uint8Array(file);
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  if (typeof Response === 'function' && file instanceof Response) {
    requireOk(file, file.url || 'tokenizer');
    return new Uint8Array(await file.arrayBuffer());
  }
  if (file !== null && typeof file === 'object') return new TextEncoder().encode(JSON.stringify(file));
  throw new TypeError("Tokenizer.from: expected a file's contents as a string, bytes, Response or parsed object");
}
