// Chooses the build of the module that this engine can run, and the number of threads, and gives the reasons.
import { host } from './host.js';

// The smallest modules that use one instruction of a feature: this, and a code section.
const PROBE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const SIMD = [10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]; // i8x16.splat
const RELAXED = [15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11]; // i8x16.relaxed_swizzle

const validates = (code) => WebAssembly.validate(Uint8Array.of(...PROBE, ...code));

/** @returns {{build: 'simd' | 'relaxed' | null, reason: string}} null: this engine cannot run onedge at all. */
export function chooseBuild() {
  if (typeof WebAssembly !== 'object') return { build: null, reason: 'this engine has no WebAssembly' };
  if (!validates(SIMD)) return { build: null, reason: 'this engine has no WebAssembly SIMD' };
  if (!validates(RELAXED)) return { build: 'simd', reason: 'this engine has SIMD, but no relaxed SIMD' };
  return { build: 'relaxed', reason: 'this engine has relaxed SIMD' };
}

/** Why this host runs every model on one thread; undefined: it has threads. */
export function whyOneThread() {
  if (!host.startPoolThread) return 'this host has no threads';
  if (globalThis.crossOriginIsolated === false && !host.threadsAnywhere) return NOT_ISOLATED;
  // Every engine with SIMD and shared memory has the instructions for it.
  if (typeof SharedArrayBuffer !== 'function') return 'this engine has no shared memory';
}

const NOT_ISOLATED =
  'the page is not cross-origin isolated: send Cross-Origin-Opener-Policy: same-origin and ' +
  'Cross-Origin-Embedder-Policy: require-corp';

// `auto`: leaves other programs some cores, and counts no more than the real ones of most machines. Not measured.
const AUTO = 4;
// `auto`: smaller models are done before the threads have started.
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
  if (bytes < SMALL) return { threads: 1, threadsReason: `the model has less than ${SMALL / 1e6} MB` };
  const cores = host.cores?.() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
  return { threads: Math.max(1, Math.min(AUTO, cores)), threadsReason: `cores here: ${cores}` };
}
