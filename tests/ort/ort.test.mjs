// onedge/ort: code written for onnxruntime-web runs unchanged.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ort, { env, InferenceSession, Tensor } from 'onedge/ort';
import { OnnxWriter } from './onnx_writer.mjs';

function sumModel() {
  const model = new OnnxWriter(1);
  const a = model.input('a', ['batch', 2]);
  const b = model.input('b', ['batch', 2]);
  model.node('Add', [a, b], {}, ['sum']);
  model.node('Mul', [a, b], {}, ['product']);
  model.output('sum', ['batch', 2]);
  model.output('product', ['batch', 2]);
  return model.finish();
}

const feeds = { a: new Tensor('float32', [1, 2], [1, 2]), b: new Tensor('float32', Float32Array.of(3, 4), [1, 2]) };

test('create, run, release', async () => {
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(new Uint8Array(sumModel()), { executionProviders: ['wasm'] });
  assert.deepEqual(session.inputNames, ['a', 'b']);
  assert.deepEqual(session.outputNames, ['sum', 'product']);
  assert.deepEqual(session.inputMetadata[0], { name: 'a', isTensor: true, type: 'float32', shape: ['batch', 2] });
  const { sum, product } = await session.run(feeds);
  assert.ok(sum instanceof ort.Tensor);
  assert.deepEqual([sum.type, sum.dims, [...sum.data], [...(await product.getData())]], ['float32', [1, 2], [4, 6], [3, 8]]);
  await session.release();
  await assert.rejects(session.run(feeds), /disposed/);
});

test('fetches by name, and into a tensor of the caller’s own', async () => {
  const session = await InferenceSession.create(sumModel());
  assert.deepEqual(Object.keys(await session.run(feeds, ['product'])), ['product']);
  const mine = new Tensor('float32', new Float32Array(2), [1, 2]);
  const { sum } = await session.run(feeds, { sum: mine });
  assert.equal(sum, mine);
  assert.deepEqual([...mine.data], [4, 6]);
  await session.release();
});

test('errors are those of onedge', async () => {
  await assert.rejects(InferenceSession.create(new Uint8Array(10).fill(255)), { name: 'OnedgeError', code: 'CORRUPT_FILE' });
  const session = await InferenceSession.create(sumModel());
  await assert.rejects(session.run({ a: feeds.a }), /input 'b' is missing/);
  await assert.rejects(session.run({ a: feeds.a, b: new Tensor('float32', [1, 2, 3], [1, 3]) }), /expected float32 \[batch, 2\], got float32 \[1, 3\]/);
  await session.release();
});
