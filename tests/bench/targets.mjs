// Targets: the least ratio, and the ratio aimed at. {A, B}: by the kind of the machine.
import { processor } from './machine.mjs';

const TARGETS = {
  'minilm-1x128 relaxed': [1.6, 1.8],
  'minilm-1x128 simd': [1.5, 1.7],
  'minilm-1x128 native': [1.05, 1.2],
  'minilm-1x16 relaxed': [1.5, 1.8],
  'minilm-1x16 simd': [1.5, 1.8],
  'minilm-1x16 native': [1.05, 1.2],
  'minilm-int8-1x128 relaxed': { A: [1.25, 1.5], B: [2, 2.4] },
  'minilm-int8-1x128 simd': [1.25, 1.5],
  'minilm-int8-1x128 native': [1, 1.2],
  'bert-tiny-1x128 relaxed': [1.7, 2.2],
  'bert-tiny-1x128 simd': [1.7, 2.2],
  'bert-tiny-1x128 native': [1.1, 1.5],
  'mobilenet-v2 relaxed': [1.65, 1.9],
  'mobilenet-v2 native': [1.1, 1.3],
  'minilm-32x128 native': [1, 1.2],
  'minilm-int8-32x128 native': [1, 1.2],
  'two threads over one native': [1.7, 1.9],
  'two threads over one relaxed': [1.7, 1.9],
  'real relaxed': [1.2, 1.6],
  'real simd': [1.2, 1.6],
  'real native': [1, 1.2],
  'sweep mean': [1, 1.3],
  'sweep worst': [0.5, 0.8],
  'load minilm': [5, 10],
  csv: [2, 4],
  http: [2, 4],
};

const byKind = (value, kind) => (value && typeof value === 'object' && !Array.isArray(value) ? value[kind] ?? value.A : value);

/** {target, aim}, or {} for a row without a target. */
export function targetOf(name, build = '', kind = processor.kind) {
  const [target, aim] = byKind(TARGETS[`${name} ${build}`.trim()], kind) ?? [];
  return target === undefined ? {} : { target, aim };
}

/** A limit of a time or a size that differs by kind: {A, B}. */
export const limitOf = (limits, kind = processor.kind) => byKind(limits, kind);
