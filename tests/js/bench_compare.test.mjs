// Benchmarks against an earlier run, kinds of machines, targets, and the summary of the operator sweep.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparison } from '../bench/compare.mjs';
import { processorOf } from '../bench/machine.mjs';
import { fastest } from '../bench/products.mjs';
import { summary } from '../bench/sweep.mjs';
import { targetOf } from '../bench/targets.mjs';

const machine = { cpu: 'EPYC', kind: 'A' };
const row = { name: 'model', host: 'native', build: 'native', threads: 1, peer: 'onnxruntime-node', ours_ms: 10, peer_ms: 8, ratio: 0.8 };
const run = (...rows) => ({ machine, rows });

test('a time that grew by more than 3 % is slower, and so is a rate that shrank', () => {
  const rate = { ...row, name: 'rate', ours_ms: undefined, ours: 100, theirs: 10, unit: 'MB/s' };
  const earlier = run(row, rate, { ...row, name: 'steady' }, { ...row, name: 'old' });
  const lines = comparison(run({ ...row, ours_ms: 10.5 }, { ...rate, ours: 95 }, { ...row, name: 'steady', ours_ms: 10.2 }, { ...row, threads: 2 }), earlier);
  const lineOf = (name) => lines.find((line) => line.includes(` ${name} (`));
  assert.equal(lineOf('model'), '  1.050   1.000 slower model (native, native, onnxruntime-node)');
  assert.match(lineOf('rate'), /^ +0\.950 +1\.000 slower /);
  assert.match(lineOf('steady'), /^ +1\.020 +1\.000 +steady /);
  assert.deepEqual(lines.slice(-3), ['new: 1 rows', 'not in this run: 1 rows', '2 of 3 rows slower']);
});

test('a rate that grew and a time that shrank are not slower', () => {
  const rate = { ...row, name: 'rate', ours_ms: undefined, ours: 100, theirs: 10, unit: 'G/s' };
  assert.equal(comparison(run({ ...row, ours_ms: 5 }, { ...rate, ours: 200 }), run(row, rate)).at(-1), '0 of 2 rows slower');
});

test('machines of different kinds are not compared without saying so', () => {
  for (const other of [{ cpu: 'EPYC', kind: 'B' }, { cpu: 'EPYC' }, { cpu: 'EPYC', kind: 'neither' }]) {
    const earlier = { machine: other, rows: [row] };
    assert.throws(() => comparison(run(row), earlier), /kind A, the earlier run's of kind .*--compare-anyway/);
    assert.match(comparison(run(row), earlier, true)[0], /^different machines: /);
  }
  const neither = (cpu) => ({ machine: { cpu, kind: 'neither' }, rows: [row] });
  assert.throws(() => comparison(neither('Xeon'), neither('Atom')), /--compare-anyway/);
  assert.equal(comparison(neither('Atom'), neither('Atom')).at(-1), '0 of 1 rows slower');
});

test('the kind comes from the vector extensions', () => {
  const kindOf = (flags) => processorOf(`model name\t: EPYC\ncpu family\t: 26\nmodel\t\t: 2\nflags\t\t: fpu ${flags}\n`).kind;
  assert.equal(kindOf('avx2 fma f16c'), 'A');
  assert.equal(kindOf('avx2 fma avx512f avx512_vnni avx_vnni'), 'B');
  assert.equal(kindOf('avx2 avx_vnni'), 'neither');
  assert.equal(kindOf('avx2 avx512f'), 'neither');
  assert.equal(kindOf('sse2'), 'neither');
  const zen3 = processorOf('model name\t: EPYC\ncpu family\t: 25\nmodel\t\t: 1\nflags\t\t: fpu avx2 fma\n');
  assert.deepEqual(zen3, { cpu: 'EPYC', family: '25', model: '1', kind: 'A', extensions: ['avx2', 'fma'] });
  assert.deepEqual(processorOf('Features\t: fp asimd asimddp\n').extensions, ['asimd', 'asimddp']);
});

test('a target may depend on the kind', () => {
  assert.deepEqual(targetOf('minilm-int8-1x128', 'relaxed', 'A'), { target: 1.25, aim: 1.5 });
  assert.deepEqual(targetOf('minilm-int8-1x128', 'relaxed', 'B'), { target: 2, aim: 2.4 });
  assert.deepEqual(targetOf('minilm-1x128', 'simd', 'B'), targetOf('minilm-1x128', 'simd', 'A'));
  assert.deepEqual(targetOf('unknown', 'native'), {});
});

test('the fastest kernel of each product counts', () => {
  const text = [ // printed by gemm_bench
    'f32  simd128 4x8     128 x  384 x 1536    2800.0 us    53.9 G/s  100 %', 'f32  avx2-fma 6x16   128 x  384 x 1536    1400.0 us   107.8 G/s  100 %',
    'f32  XNNPACK         128 x  384 x 1536     700.0 us   200.0 G/s  185 %', 's8   avx2 6x16        16 x  384 x  384      50.0 us    94.4 G/s   44 %',
  ].join('\n');
  assert.deepEqual([...fastest(text)], [
    ['product f32 128x384x1536', { dtype: 'f32', m: 128, kernel: 'avx2-fma 6x16', rate: 107.8 }],
    ['product s8 16x384x384', { dtype: 's8', m: 16, kernel: 'avx2 6x16', rate: 94.4 }],
  ]);
});

test('a sweep has a geometric mean, a worst case, and counts', () => {
  const one = (name, ratio, build = 'native') => ({ ...row, name, build, ratio, ours_ms: 10, peer_ms: ratio && 10 * ratio });
  const rows = [...summary([one('a', 4), one('b', 0.25), one('c', 8), one('d', null), one('e', null, 'simd')])];
  const of = (build) => Object.fromEntries(rows.filter((each) => each.build === build).map(({ name, ours, ratio }) => [name, [ours, ratio]]));
  assert.deepEqual(of('native'), {
    'sweep, geometric mean of the ratios': [2, 2],
    'sweep, worst case': [10, 0.25],
    'sweep, cases below 0.5': [1, null],
    'sweep, refused or with another output': [1, null],
  });
  assert.deepEqual(of('simd'), { 'sweep, cases below 0.5': [0, null], 'sweep, refused or with another output': [1, null] });
  assert.match(rows.find(({ name }) => name === 'sweep, worst case').note, /: b$/);
});
