// Workload: GFLOP/s of matrix products with constant weights on one core (gemm_bench), and the share of the core's
// limit.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { processor } from './machine.mjs';
import { NotMeasured } from './not_measured.mjs';
import { root } from './places.mjs';

const program = `${root}/build/native/tests/gemm_bench`;
// Of one core: f32 with 256-bit vectors on A, with 512-bit vectors on B; int8 in pairs of int16 on A, with VNNI on B.
const LIMITS = { A: { f32: 108, s8: 216 }, B: { f32: 270, s8: 1080 } };
const ROWS = 128; // from here on the target holds
const TARGET = 0.85;

/** The fastest of our kernels for each product, from lines such as "f32  avx2  128 x 384 x 384  350.1 us  107 G/s". */
export function fastest(text) {
  const best = new Map();
  for (const [, dtype, kernel, m, n, k, rate] of text.matchAll(/^(f32|s8) +(\S+) +(\d+) x +(\d+) x +(\d+) .* ([\d.]+) G\/s/gm)) {
    const name = `product ${dtype} ${m}x${n}x${k}`;
    if (kernel !== 'XNNPACK' && !(best.get(name)?.rate >= Number(rate))) best.set(name, { dtype, m: Number(m), kernel, rate: Number(rate) });
  }
  return best;
}

function* rows() {
  if (!existsSync(program)) throw new NotMeasured('gemm_bench is not built: cmake --build build/native --target gemm_bench');
  const limits = LIMITS[processor.kind];
  for (const [name, { dtype, m, kernel, rate }] of fastest(execFileSync(program, { encoding: 'utf8' }))) {
    const target = m >= ROWS && limits ? { target: TARGET } : {};
    yield { name, host: 'native', build: 'native', threads: 1, ours: rate, theirs: limits?.[dtype] ?? null, unit: 'G/s', peer: 'limit of a core', ratio: limits ? rate / limits[dtype] : null, note: `product: the fastest kernel, ${kernel}`, ...target };
  }
}

export const productWorkloads = [{ name: 'product', rows }];
