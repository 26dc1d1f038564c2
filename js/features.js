// Chooses the build of the module that this engine can run, and gives the reason.

// The smallest modules that use one instruction of each feature: SIMD (i8x16.splat), relaxed SIMD
// (i8x16.relaxed_swizzle).
const SIMD_PROBE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const RELAXED_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
];

const validates = (bytes) => WebAssembly.validate(new Uint8Array(bytes));

/** @returns {{build: 'simd' | 'relaxed' | null, reason: string}} null: this engine cannot run onedge at all. */
export function chooseBuild() {
  if (typeof WebAssembly !== 'object') return { build: null, reason: 'this engine has no WebAssembly' };
  if (!validates(SIMD_PROBE)) return { build: null, reason: 'this engine has no WebAssembly SIMD' };
  if (!validates(RELAXED_PROBE)) return { build: 'simd', reason: 'this engine has SIMD, but no relaxed SIMD' };
  return { build: 'relaxed', reason: 'this engine has relaxed SIMD' };
}

/** The reason for one thread, whatever the option `threads` says. */
export const threadsReason = 'this build of onedge is single-threaded';
