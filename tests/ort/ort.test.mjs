// onedge/ort: code written for onnxruntime-web runs unchanged.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { host, setHost } from '../../js/host.js';
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

test('env.wasm.numThreads is the number of threads', async () => {
  const { startPoolThread } = host;
  let started = 0;
  setHost({ startPoolThread: (...args) => (++started, startPoolThread(...args)) });
  const before = env.wasm.numThreads;
  try {
    for (const [numThreads, others] of [[3, 2], [1, 0]]) {
      env.wasm.numThreads = numThreads;
      started = 0;
      const session = await InferenceSession.create(sumModel());
      assert.equal(started, others);
      assert.deepEqual([...(await session.run(feeds)).sum.data], [4, 6]);
      await session.release();
    }
  } finally {
    env.wasm.numThreads = before;
    setHost({ startPoolThread });
  }
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

test('externalData: the weights of a model that lie in a second file', async () => {
  const model = new OnnxWriter(1);
  const x = model.input('x', ['batch', 2]);
  model.node('Add', [model.node('MatMul', [x, model.external([2, 2], 'weights.data', 0)]), model.external([2], './weights.data', 64)], {}, ['y']);
  model.output('y', ['batch', 2]);
  const bytes = new Uint8Array(model.finish());
  const weights = new Float32Array(18);
  weights.set([1, 2, 3, 4]);
  weights.set([10, 20], 16);
  const data = new Uint8Array(weights.buffer);
  for (const given of [data, new Blob([data]), `data:application/octet-stream;base64,${Buffer.from(data).toString('base64')}`]) {
    const session = await InferenceSession.create(bytes, { externalData: [{ path: './weights.data', data: given }] });
    const { y } = await session.run({ x: new Tensor('float32', [1, 1], [1, 2]) });
    assert.deepEqual([...y.data], [14, 26]);
    await session.release();
  }
  await assert.rejects(InferenceSession.create(bytes), { code: 'CORRUPT_FILE', message: /its external data is missing: expected bytes \d+ to \d+ of '.*weights.data'/ });
  const short = InferenceSession.create(bytes, { externalData: [{ path: 'weights.data', data: data.subarray(0, 68) }] });
  await assert.rejects(short, { code: 'CORRUPT_FILE', message: /its external data is missing/ });
  const other = InferenceSession.create(bytes, { externalData: [{ path: 'weight.data', data }] });
  await assert.rejects(other, { code: 'INVALID_ARGUMENT', message: /no weights in 'weight.data'; expected .*weights.data/ });
  const none = InferenceSession.create(sumModel(), { externalData: [{ path: 'weights.data', data }] });
  await assert.rejects(none, { code: 'INVALID_ARGUMENT', message: /no weights in 'weights.data'; it needs no other file/ });
});
