// The kind of a machine. Users have both kinds, and ratios differ between them:
// A: AVX2 without VNNI, such as Zen 3. B: AVX-512 with VNNI, such as Zen 5. All others are of neither kind.
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

const EXTENSIONS = [
  'avx2', 'fma', 'f16c', 'avx_vnni', 'avx512f', 'avx512bw', 'avx512_vnni', 'avx512_bf16', 'avx512_fp16', 'amx_tile', 'amx_int8', 'amx_bf16',
  'asimd', 'asimddp', 'asimdhp', 'i8mm', 'bf16', 'sve', 'sve2',
];

export const KINDS = { A: 'AVX2 without VNNI', B: 'AVX-512 with VNNI' };

function kindOf(extensions) {
  const has = (name) => extensions.includes(name);
  if (has('avx512f') && has('avx512_vnni')) return 'B';
  return has('avx2') && !has('avx512f') && !has('avx_vnni') ? 'A' : 'neither';
}

/** @param {string} text the content of /proc/cpuinfo */
export function processorOf(text) {
  const field = (name) => text.match(new RegExp(`^${name}\\s*: (.*)$`, 'm'))?.[1];
  const flags = (field('flags') ?? field('Features') ?? '').split(' ');
  const extensions = EXTENSIONS.filter((one) => flags.includes(one));
  return { cpu: field('model name') ?? 'unknown processor', family: field('cpu family') ?? null, model: field('model') ?? null, kind: kindOf(extensions), extensions };
}

export const processor = processorOf(existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : `model name : ${os.cpus()[0].model}`);
