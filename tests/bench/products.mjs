// Workload: GFLOP/s of matrix products with constant weights on one core (gemm_bench), and the share of the core's
// limit.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { processor } from './machine.mjs';
import { NotMeasured } from './not_measured.mjs';
import { node, root } from './places.mjs';

const folders = { native: 'native', simd: 'wasm-simd', relaxed: 'wasm-relaxed' };
// Of one core. Natively: f32 with 256-bit vectors on A, with 512-bit vectors on B; int8 in pairs of int16 on A, with
// VNNI on B. WebAssembly has 128-bit vectors.
const LIMITS = {
  A: { native: { f32: 108, s8: 216 }, wasm: { f32: 54, s8: 108 } },
  B: { native: { f32: 270, s8: 1080 }, wasm: { f32: 67, s8: 134 } },
};
const ROWS = 128; // from here on the target holds
const TARGET = 0.85;

/**
 * The fastest of our kernels for each product, from lines such as
 * "f32  avx2-fma 6x16   128 x  384 x 1536    1400.0 us   107.8 G/s  100 %".
 */
export function fastest(text) {
  const best = new Map();
  for (const [, dtype, kernel, m, n, k, rate] of text.matchAll(/^(f32|s8) +(\S.*?) +(\d+) x +(\d+) x +(\d+) +[\d.]+ us +([\d.]+) G\/s/gm)) {
    const name = `product ${dtype} ${m}x${n}x${k}`;
    if (kernel !== 'XNNPACK' && !(best.get(name)?.rate >= Number(rate))) best.set(name, { dtype, m: Number(m), kernel, rate: Number(rate) });
  }
  return best;
}

function command(build) {
  const program = `${root}/build/${folders[build]}/tests/gemm_bench${build === 'native' ? '' : '.js'}`;
  if (!existsSync(program)) throw new NotMeasured(`gemm_bench is not built: cmake --build build/${folders[build]} --target gemm_bench`);
  return build === 'native' ? [program, []] : [node, [program]];
}

function* rows(build) {
  const host = build === 'native' ? 'native' : 'wasm';
  const limits = LIMITS[processor.kind]?.[host];
  for (const [name, { dtype, m, kernel, rate }] of fastest(execFileSync(...command(build), { encoding: 'utf8' }))) {
    const share = limits ? { theirs: limits[dtype], peer: 'limit of a core', ratio: rate / limits[dtype] } : { theirs: null, peer: '', ratio: null };
    yield { name, host, build, threads: 1, ours: rate, unit: 'G/s', ...share, note: `product: the fastest kernel is ${kernel}`, ...(m >= ROWS && limits ? { target: TARGET } : {}) };
  }
}

export const productWorkloads = Object.keys(folders).map((build) => ({ name: `product ${build}`, rows: () => rows(build) }));
