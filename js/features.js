// Chooses the build of the module that this engine can run, and the number of threads, and gives the reasons.
import { host } from './host.js';

// The smallest modules that use one instruction of each feature: SIMD (i8x16.splat), relaxed SIMD
// (i8x16.relaxed_swizzle).
const SIMD_PROBE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const RELAXED_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
];

// Shared memory and an atomic load.
const THREADS_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0, 26, 11,
];

const validates = (bytes) => WebAssembly.validate(new Uint8Array(bytes));

/** @returns {{build: 'simd' | 'relaxed' | null, reason: string}} null: this engine cannot run onedge at all. */
export function chooseBuild() {
  if (typeof WebAssembly !== 'object') return { build: null, reason: 'this engine has no WebAssembly' };
  if (!validates(SIMD_PROBE)) return { build: null, reason: 'this engine has no WebAssembly SIMD' };
  if (!validates(RELAXED_PROBE)) return { build: 'simd', reason: 'this engine has SIMD, but no relaxed SIMD' };
  return { build: 'relaxed', reason: 'this engine has relaxed SIMD' };
}

/** Why this host runs every model on one thread; undefined: it has threads. */
export function whyOneThread() {
  if (!host.startPoolThread) return 'this host has no threads';
  if (globalThis.crossOriginIsolated === false && !host.threadsAnywhere) return NOT_ISOLATED;
  if (typeof SharedArrayBuffer !== 'function' || !validates(THREADS_PROBE)) return 'this engine has no WebAssembly threads';
}

const NOT_ISOLATED =
  "the page is not cross-origin isolated: send it, and this package's files, with the headers Cross-Origin-Opener-Policy: same-origin " +
  'and Cross-Origin-Embedder-Policy: require-corp';

// `auto`: more threads than this share too little work of a model that suits a browser, and leave the others none.
const AUTO = 4;
// `auto`: the work of smaller models does not pay the messages between threads (measured: BERT-tiny, 17 MB).
const SMALL = 8e6; // bytes
const MOST = 64;

/**
 * @param {'auto' | number} threads the option
 * @param {number} [bytes] of the model, if known
 * @returns {{threads: number, threadsReason: string}}
 */
export function chooseThreads(threads = 'auto', bytes = Infinity) {
  if (threads !== 'auto' && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST)) {
    throw new TypeError(`threads: expected 'auto' or an integer from 1 to ${MOST}, got ${threads}`);
  }
  if (threads === 1) return { threads, threadsReason: 'asked for' };
  const missing = whyOneThread();
  if (missing) return { threads: 1, threadsReason: missing };
  if (threads !== 'auto') return { threads, threadsReason: 'asked for' };
  if (bytes < SMALL) return { threads: 1, threadsReason: `a model of less than ${SMALL / 1e6} MB runs on one thread unless the option threads is a number` };
  const cores = host.cores?.() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
  return { threads: Math.max(1, Math.min(AUTO, cores)), threadsReason: `this machine has ${cores} ${cores === 1 ? 'core' : 'cores'}` };
}
