// The Open Inference Protocol v2: every datatype as JSON and as binary data, and the refused requests. Expected bytes
// are written down here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIZE } from '../ort/chain.mjs';
import { get, post, useWorker } from './setup.mjs';

useWorker();

const hex = (text) => Buffer.from(text.replace(/ /g, ''), 'hex');
// JSON values, the same as little-endian binary data, and the JSON of the answer where it differs.
const CASES = {
  BOOL: [[true, false, true], '01 00 01'],
  UINT8: [[0, 7, 255], '00 07 ff'],
  UINT16: [[0, 65535], '0000 ffff'],
  UINT32: [[1, 4294967295], '01000000 ffffffff'],
  UINT64: ['[1, 18446744073709551615]', '0100000000000000 ffffffffffffffff'],
  INT8: [[-128, 127], '80 7f'],
  INT16: [[-32768, 258], '0080 0201'],
  INT32: [[-1, 2147483647], 'ffffffff ffffff7f'],
  INT64: ['[-2, 9007199254740993]', 'feffffffffffffff 0100000000002000'],
  FP16: [[1, -2, 65504, 0.00006103515625, 5.960464477539063e-8, 0.333251953125], '003c 00c0 ff7b 0004 0100 5535'],
  BF16: [[1, -2.5, 3.3895313892515355e38], '803f 20c0 7f7f'],
  FP32: [[1.5, -0.25], '0000c03f 000080be'],
  FP64: [[0.1, -1e300], '9a9999999999b93f 9c7500883ce437fe'],
  BYTES: [['a', 'é', ''], '01000000 61 02000000 c3a9 00000000'],
};

for (const [datatype, [values, bytes]] of Object.entries(CASES)) {
  const text = typeof values === 'string' ? values : JSON.stringify(values);
  const binary = hex(bytes);
  const shape = [JSON.parse(text).length];
  const url = `tiny/v2/models/echo-${datatype}/infer`;

  test(`${datatype}: JSON to JSON`, async () => {
    const response = await post(url, `{"id": "7", "inputs": [{"name": "in_${datatype}", "shape": [${shape}], "datatype": "${datatype}", "data": ${text}}]}`);
    const answer = await response.text();
    assert.equal(response.status, 200, answer);
    const { model_name, id, outputs } = JSON.parse(answer);
    assert.deepEqual([model_name, id], [`echo-${datatype}`, '7']);
    assert.deepEqual([outputs[0].name, outputs[0].datatype, outputs[0].shape], [`out_${datatype}`, datatype, shape]);
    // As text: JSON.parse would round integers beyond 2^53.
    if (datatype.endsWith('INT64')) assert.ok(answer.includes(`"data":${text.replace(/ /g, '')}`), answer);
    else assert.deepEqual(outputs[0].data, JSON.parse(text));
  });

  test(`${datatype}: binary to binary, and JSON to binary`, async () => {
    const input = { name: `in_${datatype}`, shape, datatype, parameters: { binary_data_size: binary.length } };
    const head = Buffer.from(JSON.stringify({ inputs: [input], parameters: { binary_data_output: true } }));
    const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) };
    const fromJson = `{"inputs": [{"name": "in_${datatype}", "shape": [${shape}], "datatype": "${datatype}", "data": ${text}}], "parameters": {"binary_data_output": true}}`;
    for (const response of [await post(url, Buffer.concat([head, binary]), headers), await post(url, fromJson)]) {
      const body = Buffer.from(await response.arrayBuffer());
      assert.equal(response.status, 200, body.toString());
      assert.equal(response.headers.get('content-type'), 'application/octet-stream');
      const length = Number(response.headers.get('inference-header-content-length'));
      const { outputs } = JSON.parse(body.subarray(0, length));
      assert.deepEqual(outputs, [{ name: `out_${datatype}`, shape, datatype, parameters: { binary_data_size: binary.length } }]);
      assert.deepEqual(body.subarray(length), binary);
    }
  });
}

const pair = {
  inputs: [
    { name: 'in_FP32', shape: [2], datatype: 'FP32', data: [1, 2] },
    { name: 'in_INT64', shape: [2], datatype: 'INT64', data: [3, 4] },
  ],
};

test('several inputs of both kinds; outputs that are wanted, each as it is wanted', async () => {
  const binary = hex('0300000000000000 0400000000000000');
  const inputs = [pair.inputs[0], { ...pair.inputs[1], data: undefined, parameters: { binary_data_size: 16 } }];
  const outputs = [{ name: 'out_INT64', parameters: { binary_data: true } }, { name: 'out_FP32' }];
  const head = Buffer.from(JSON.stringify({ inputs, outputs }));
  const response = await post('tiny/v2/models/pair/infer', Buffer.concat([head, binary]), { 'inference-header-content-length': String(head.length) });
  const body = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get('inference-header-content-length'));
  const answer = JSON.parse(body.subarray(0, length));
  assert.deepEqual(answer.outputs, [
    { name: 'out_INT64', shape: [2], datatype: 'INT64', parameters: { binary_data_size: 16 } },
    { name: 'out_FP32', shape: [2], datatype: 'FP32', data: [1, 2] },
  ]);
  assert.deepEqual(body.subarray(length), binary);
  const one = await (await post('tiny/v2/models/pair/infer', { ...pair, outputs: [{ name: 'out_FP32' }] })).json();
  assert.deepEqual(one.outputs.map(({ name }) => name), ['out_FP32']);
});

test('nested data, a version in the path, a classifier from its tensors', async () => {
  const ids = [[2, 5, 6, 3]];
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids'].map((name, i) => ({ name, shape: [1, 4], datatype: 'INT64', data: i === 0 ? ids : [[1, 1, 1, 1].map((one) => (i === 1 ? one : 0))] }));
  const response = await post('tiny/v2/models/classifier/versions/1.0.0/infer', { inputs });
  const { model_version, outputs } = await response.json();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-onedge-model'), 'classifier@1.0.0');
  assert.equal(model_version, '1.0.0');
  assert.deepEqual([outputs[0].name, outputs[0].shape, outputs[0].datatype], ['logits', [1, 3], 'FP32']);
  assert.equal((await post('tiny/v2/models/classifier/versions/9.0.0/infer', { inputs })).status, 404);
});

/** Runs the chain, which takes many steps, on `rows` rows that begin with the number `first`; {asked, got}. */
async function long(rows, first, init) {
  const asked = Float32Array.from({ length: rows * SIZE }, (_, i) => first + (i % 1000));
  const inputs = [{ name: 'x', shape: [rows, SIZE], datatype: 'FP32', parameters: { binary_data_size: asked.byteLength } }];
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) };
  const response = await post('tiny/v2/models/chain/infer', Buffer.concat([head, Buffer.from(asked.buffer)]), headers, init);
  const body = await response.arrayBuffer();
  assert.equal(response.status, 200, Buffer.from(body).toString());
  return { asked, got: new Float32Array(body.slice(Number(response.headers.get('inference-header-content-length')))) };
}

test('long runs at the same time wait for each other, and each gives its own numbers', async () => {
  for (const { asked, got } of await Promise.all([1, 2, 3, 4].map((first) => long(400 + first, first)))) assert.deepEqual(got, asked);
});

test('a long run lets other requests be answered, and ends when its client goes away', async () => {
  const order = [];
  const controller = new AbortController();
  const gone = long(2000, 0, { signal: controller.signal }).then(() => order.push('long'), () => order.push('gone'));
  const other = new Promise((resolve) => setTimeout(resolve, 100)).then(() => post('tiny/v2/models/pair/infer', pair));
  await other.then(({ status }) => order.push(status));
  controller.abort();
  await gone;
  assert.deepEqual(order, [200, 'gone']);
  const { asked, got } = await long(2, 7);
  assert.deepEqual(got, asked);
});

test('what cannot be is refused, and says why', async () => {
  const [fp32, int64] = pair.inputs;
  const change = (what) => ({ inputs: [{ ...fp32, ...what }, int64] });
  const cases = [
    [{}, 422, /inputs: expected an array/],
    [{ inputs: [fp32] }, 422, /in_INT64/],
    [{ inputs: [fp32, fp32] }, 422, /'in_FP32' is given twice/],
    [change({ name: 'x' }), 422, /x/],
    [change({ datatype: 'FP8' }), 422, /datatype: expected one of BOOL/],
    [change({ datatype: 'toString' }), 422, /datatype: expected one of BOOL/],
    [change({ datatype: 'FP64' }), 422, /in_FP32.*float32/],
    [change({ shape: [3] }), 422, /data: expected 3 elements of FP32 for its shape, got 2/],
    [change({ shape: [-2] }), 422, /expected an array of sizes/],
    [change({ shape: [1, 2] }), 422, /in_FP32/],
    [change({ data: ['a', 'b'] }), 422, /expected numbers for FP32/],
    [change({ data: undefined }), 422, /expected data, or binary_data_size/],
    [change({ data: undefined, parameters: { binary_data_size: 8 } }), 422, /at most the 0 bytes that are left, got 8/],
    [{ inputs: [fp32, { ...int64, data: [1.5, 2] }] }, 422, /expected integers for INT64/],
    [{ ...pair, outputs: [{ name: 'nothing' }] }, 422, /unknown output "nothing"; available: out_FP32, out_INT64/],
    [{ ...pair, outputs: [{ name: 'out_FP32', parameters: { classification: 2 } }] }, 422, /classification extension/],
    [{ ...pair, id: 7 }, 422, /id: expected a string/],
    ['[1]', 400, /not a JSON object/],
    ['{"inputs":', 400, /expected JSON, but at byte 10/],
    [{ ...pair, parameters: { binary_data_output: 'true' } }, 422, /parameters: binary_data_output: expected true or false, got "true"/],
    [{ ...pair, outputs: [{ name: 'out_FP32', parameters: { binary_data: 1 } }] }, 422, /'out_FP32': parameters: binary_data: expected true or false, got 1/],
  ];
  for (const [body, status, pattern] of cases) {
    const response = await post('tiny/v2/models/pair/infer', body);
    const { error } = await response.json();
    assert.match(error, pattern);
    assert.equal(response.status, status, error);
  }
  const long = await post('tiny/v2/models/pair/infer', JSON.stringify(pair), { 'inference-header-content-length': '9999' });
  assert.deepEqual([long.status, (await long.json()).error_type], [400, 'INVALID_ARGUMENT']);
  const int8 = await post('tiny/v2/models/echo-INT8/infer', { inputs: [{ name: 'in_INT8', shape: [1], datatype: 'INT8', data: [128] }] });
  assert.match((await int8.json()).error, /integers in its range/);
  const broken = hex('05000000 61');
  const head = Buffer.from(JSON.stringify({ inputs: [{ name: 'in_BYTES', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: broken.length } }] }));
  const bytes = await post('tiny/v2/models/echo-BYTES/infer', Buffer.concat([head, broken]), { 'inference-header-content-length': String(head.length) });
  assert.match((await bytes.json()).error, /longer than its data/);
  assert.equal((await post('tiny/v2/models/pair/infer', pair)).status, 200);
});

test('metadata of server and model', async () => {
  assert.deepEqual(await (await get('tiny/v2')).json(), { name: 'onedge', version: '2', extensions: ['binary_tensor_data'] });
  const metadata = await (await get('tiny/v2/models/classifier')).json();
  assert.deepEqual([metadata.name, metadata.versions, metadata.platform], ['classifier', ['1.0.0'], 'onnx']);
  assert.deepEqual(metadata.inputs[0], { name: 'input_ids', datatype: 'INT64', shape: [-1, -1] });
  assert.deepEqual(metadata.outputs, [{ name: 'logits', datatype: 'FP32', shape: [-1, 3] }]);
  assert.deepEqual(await (await get('tiny/v2/models/classifier/ready')).json(), { name: 'classifier', ready: true });
  assert.deepEqual(await (await get('tiny/v2/health/live')).json(), { live: true });
  assert.deepEqual(await (await get('tiny/v2/health/ready')).json(), { ready: true });
  assert.equal((await get('tiny/v2/models/nothing')).status, 404);
});
