// Session and Tensor: any ONNX model on tensors, against outputs of ONNX's own tests and of ONNX Runtime.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OnedgeError, Session, Tensor } from 'onedge';
import { parseTensor } from './tensor_proto.mjs';

const shared = process.env.ONEDGE_SHARED ?? new URL('../../../shared/', import.meta.url).pathname;
const mnist = `${shared}/data/models/mnist-8`;
const skip = existsSync(mnist) ? false : `no shared data at ${shared}`;
const build = process.env.ONEDGE_WASM;
const code = (expected, pattern = /./) => (error) =>
  error instanceof OnedgeError && error.code === expected && pattern.test(error.message);

test('a CNN gives the reference outputs, run after run', { skip }, async () => {
  const session = await Session.create(`${mnist}/model.onnx`, { build });
  for (let i = 0; i < 3; ++i) {
    const input = parseTensor(readFileSync(`${mnist}/test_data_set_${i}/input_0.pb`));
    const expected = parseTensor(readFileSync(`${mnist}/test_data_set_${i}/output_0.pb`));
    const outputs = await session.run({ [session.inputNames[0]]: new Tensor('float32', input.data, input.dims) });
    const output = outputs[session.outputNames[0]];
    assert.deepEqual(output.dims, expected.dims);
    const scale = Math.max(...expected.data.map(Math.abs));
    output.data.forEach((value, k) => assert.ok(Math.abs(value - expected.data[k]) <= 1e-5 * scale, `element ${k}`));
  }
  session.dispose();
});

test('wrong inputs are named, and the session stays usable', { skip }, async () => {
  const session = await Session.create(`${mnist}/model.onnx`, { build });
  const [name] = session.inputNames;
  const good = new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]);
  await assert.rejects(session.run({ nonsense: good }), code('INVALID_ARGUMENT', /'nonsense' is unknown/));
  await assert.rejects(session.run({}), code('INVALID_ARGUMENT', /is missing: expected float32 \[1, 1, 28, 28\]/));
  const short = new Tensor('float32', new Float32Array(4), [2, 2]);
  await assert.rejects(session.run({ [name]: short }), code('INVALID_ARGUMENT', /expected float32 \[1, 1, 28, 28\], got float32 \[2, 2\]/));
  const integers = new Tensor('int32', new Int32Array(784), [1, 1, 28, 28]);
  await assert.rejects(session.run({ [name]: integers }), code('INVALID_ARGUMENT', /got int32/));
  await assert.rejects(session.run({ [name]: new Float32Array(784) }), TypeError);
  await assert.rejects(session.run({ [name]: good }, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.equal((await session.run({ [name]: good }))[session.outputNames[0]].size, 10);
  session.dispose();
  await assert.rejects(session.run({ [name]: good }), code('INVALID_ARGUMENT', /disposed/));
});

test('a tensor checks its dtype, dims and length', () => {
  assert.throws(() => new Tensor('float31', [1]), /unknown dtype 'float31'/);
  assert.throws(() => new Tensor('float32', [1, 2, 3], [2, 2]), /needs 4 elements, got 3/);
  assert.throws(() => new Tensor('float32', [], [-1]), /non-negative/);
  assert.deepEqual(new Tensor('int64', [1, 2], [2]).data, new BigInt64Array([1n, 2n]));
  assert.equal(new Tensor('int4', new Uint8Array(2), [3]).size, 3);
  assert.deepEqual(new Tensor('bool', [true, false]).data, new Uint8Array([1, 0]));
});

test('a file that is not an ONNX model is refused with a reason', async () => {
  await assert.rejects(Session.create(new Uint8Array(100).fill(255), { build }), code('CORRUPT_FILE'));
  await assert.rejects(Session.create(new TextEncoder().encode('PK'), { build }), OnedgeError);
});
