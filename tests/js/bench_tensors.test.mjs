// Tensors of the benchmarks: inputs and outputs in files, float16, and the comparison with a peer.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { difference, halfBits, halfValue, parseSpec, readOutputs, saveOutputs, writeInput } from '../bench/tensors.mjs';

const folder = mkdtempSync(join(tmpdir(), 'onedge-tensors-'));
after(() => rmSync(folder, { recursive: true }));

const f32 = (...values) => ({ dtype: 'float32', dims: [values.length], data: Float32Array.from(values) });

test('an input survives its file, a scalar too', () => {
  const matrix = { name: 'x', dtype: 'float16', dims: [1, 3], data: Uint16Array.of(0x3c00, 0, 0xc000) };
  assert.deepEqual(parseSpec(writeInput(matrix, join(folder, 'x'))), matrix);
  const scalar = { name: 'rate', dtype: 'int64', dims: [], data: BigInt64Array.of(16000n) };
  assert.deepEqual(parseSpec(writeInput(scalar, join(folder, 'rate'))), scalar);
});

test('a fill with a point makes float32, otherwise int64', () => {
  assert.deepEqual(parseSpec('x=2x1:0.5'), { name: 'x', dtype: 'float32', dims: [2, 1], data: Float32Array.of(0.5, 0.5) });
  assert.deepEqual(parseSpec('x=2:7'), { name: 'x', dtype: 'int64', dims: [2], data: BigInt64Array.of(7n, 7n) });
});

test('outputs survive their file', () => {
  const outputs = [f32(1, 10, -0.5), { dtype: 'int64', dims: [], data: BigInt64Array.of(-3n) }, { dtype: 'bool', dims: [0], data: new Uint8Array() }];
  saveOutputs(outputs, join(folder, 'outputs'));
  assert.deepEqual(readOutputs(join(folder, 'outputs')), outputs);
});

test('float16 rounds to the nearest, ties to even', () => {
  for (let bits = 0; bits < 0x10000; ++bits) {
    const value = halfValue(bits);
    if (!Number.isNaN(value)) assert.equal(halfBits(value), bits);
  }
  assert.equal(halfBits(1 + 2 ** -11), 0x3c00);
  assert.equal(halfBits(1 + 3 * 2 ** -11), 0x3c02);
  assert.equal(halfBits(65519), 0x7bff);
  assert.equal(halfBits(65520), 0x7c00);
  assert.equal(halfBits(2 ** -26), 0);
});

test('outputs differ by more than the tolerance of their dtype, or they do not differ', () => {
  assert.equal(difference([f32(1, 1000.05)], [f32(1, 1000)]), null);
  assert.match(difference([f32(1, 1000.2)], [f32(1, 1000)]), /^output 0, element 1: 1000\.2.*, the peer has 1000/);
  assert.match(difference([f32(NaN)], [f32(1)]), /NaN, the peer has 1/);
  assert.equal(difference([f32(NaN, Infinity)], [f32(NaN, Infinity)]), null);
  const bytes = (dtype, ...values) => ({ dtype, dims: [values.length], data: Uint8Array.from(values) });
  assert.equal(difference([bytes('uint8', 7)], [bytes('uint8', 8)]), null);
  assert.match(difference([bytes('uint8', 6)], [bytes('uint8', 8)]), /element 0: 6/);
  assert.match(difference([bytes('bool', 0)], [bytes('bool', 1)]), /element 0: 0/);
  assert.match(difference([f32(1)], [bytes('uint8', 1)]), /float32 \[1\], the peer has uint8 \[1\]/);
  assert.match(difference([], [f32(1)]), /0 outputs/);
});
