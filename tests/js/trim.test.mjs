// `onedge trim`: modules with only what some models need give the bits of the whole module, and name what they lack.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OnedgeError, Session, Tensor, load } from 'onedge';
import { trim } from '../../bin/trim/trim.js';
import { Trimmer } from '../../bin/trim/trim_module.js';
import { SECTION, Writer, readData } from '../../bin/trim/wasm_binary.js';
import { chooseBuild } from '../../js/features.js';
import { randomNumbers } from '../bench/random.mjs';
import { DTYPES, OnnxWriter } from '../ort/onnx_writer.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shared = process.env.ONEDGE_SHARED ?? join(root, '../shared');
const models = join(shared, 'data/models');
const skip = existsSync(models) ? false : `no shared data at ${shared}`;
const folder = mkdtempSync(join(tmpdir(), 'onedge-trim-'));
after(() => rmSync(folder, { recursive: true }));
const { build } = chooseBuild();
const langid = join(root, 'models/langid/langid.onedge');
const digits = join(root, 'models/digits/digits.onedge');

async function trimmedTo(name, ...sources) {
  const output = join(folder, name);
  const report = await trim(sources, { output });
  return { ...report, wasm: await WebAssembly.compile(readFileSync(join(output, `onedge-${build}.wasm`))) };
}

// Two runs of a model in the whole module and in the trimmed one: outputs of the same bits.
async function compareRuns(path, wasm, feedsOf) {
  const answers = [];
  let given;
  for (const options of [{ build }, { build, wasm }, { build, wasm, optimize: false }]) {
    const session = await Session.create(path, options);
    given ??= feedsOf(session.description.signature.inputs);
    const outputs = [];
    for (const feeds of given) outputs.push(await session.run(feeds));
    answers.push(outputs.map((output) => Object.entries(output).map(([name, { dims, data }]) => [name, dims, [...data].map(String)])));
    session.dispose();
  }
  assert.deepEqual(answers[1], answers[0]);
  assert.equal(answers[2].length, answers[0].length);
}

test('a text classifier gives the same answers, and its module has its operators and task only', async () => {
  const { wasm, operators, tasks, files } = await trimmedTo('langid', langid);
  assert.deepEqual(tasks, ['text-classification']);
  assert.ok(operators.includes('ai.onnx.Softmax') && operators.includes('onedge.Linear'), 'operators of the file and of the optimizer');
  assert.ok(!operators.includes('ai.onnx.Conv'));
  const texts = ['Bonjour tout le monde', 'naïve Ärger', '漢字かな', 'a'];
  const whole = await load(langid, { build });
  const small = await load(langid, { build, wasm });
  for (const text of texts) assert.deepEqual(await small.run(text, { topK: 30 }), await whole.run(text, { topK: 30 }));
  whole.dispose();
  small.dispose();
  for (const { bytes, from } of files) assert.ok(bytes < from * 0.65, `${bytes} of ${from} bytes`);
});

test('an int8 text classifier, and an image classifier, in one module', async () => {
  const int8 = join(root, 'models/langid/langid-int8.onedge');
  const { wasm, tasks } = await trimmedTo('both', int8, digits);
  assert.deepEqual(tasks, ['image-classification', 'text-classification']);
  const random = randomNumbers(7);
  await compareRuns(digits, wasm, ([{ name }]) => [1, 3].map((n) => ({
    [name]: new Tensor('float32', Float32Array.from({ length: n * 64 }, () => random()), [n, 1, 8, 8]),
  })));
  const answers = [];
  for (const options of [{ build }, { build, wasm }]) {
    const model = await load(int8, options);
    answers.push(await model.run('Guten Tag', { topK: 30 }));
    model.dispose();
  }
  assert.deepEqual(answers[1], answers[0]);
});

// [2, 3] x [3, 2] in int64, which only the portable kernel takes.
function integerProduct(file) {
  const model = new OnnxWriter(1);
  const [a, b] = [['a', [2, 3]], ['b', [3, 2]]].map(([name, dims]) => model.input(name, dims, { int64: true }));
  model.node('MatMul', [a, b], {}, ['c']);
  model.output('c', [2, 2], { type: DTYPES.int64 });
  const path = join(folder, file);
  writeFileSync(path, model.finish());
  return path;
}

test('portable kernels that its models never run are not there; a run that wants one says so', async () => {
  const product = integerProduct('product.onnx');
  const values = BigInt64Array.from([1n, 2n, 3n, 4n, 5n, 6n]);
  const feeds = { a: new Tensor('int64', values, [2, 3]), b: new Tensor('int64', values, [3, 2]) };
  const { wasm, files } = await trimmedTo('langid3', langid);
  const session = await Session.create(product, { build, wasm });
  await assert.rejects(session.run(feeds), ({ code, op, message }) => {
    assert.match(message, /portable kernel is not in this module.*npx onedge trim/);
    return code === 'UNSUPPORTED' && op === 'MatMul';
  });
  session.dispose();
  const both = await trimmedTo('langid4', langid, product);
  assert.ok(both.files[0].bytes > files[0].bytes);
  await compareRuns(product, both.wasm, () => [feeds]);
});

test('another model gets an error that names the operator, the model and the command', async () => {
  const { wasm } = await trimmedTo('digits', digits);
  const error = await Session.create(langid, { build, wasm }).then(() => assert.fail('loaded'), (reason) => reason);
  assert.ok(error instanceof OnedgeError && error.code === 'UNSUPPORTED', error.message);
  assert.match(error.message, /^\S*langid\.onedge: .*type 'Sequence' is not in this module.*npx onedge trim/);
  const other = await trimmedTo('langid2', langid);
  await assert.rejects(Session.create(digits, { build, wasm: other.wasm }), (reason) => {
    assert.match(reason.message, /digits\.onedge: .*operator ai\.onnx\.\w+ is not in this module.*npx onedge trim/);
    return reason.code === 'UNSUPPORTED' && reason.op !== '';
  });
  const model = await load(langid, { build, wasm: other.wasm });
  await assert.rejects(model.run('x', { task: 'feature-extraction' }), /task 'feature-extraction' is not in this module/);
  model.dispose();
});

test('a convolutional network and a model with If give the same bits', { skip }, async () => {
  const mobilenet = join(models, 'zoo-mobilenetv2-12/model.onnx');
  const silero = join(models, 'silero_vad_16k_op15/model.onnx');
  const { wasm, operators } = await trimmedTo('vision', mobilenet, silero);
  assert.ok(operators.includes('ai.onnx.If') && operators.includes('ai.onnx.LSTM'), 'operators inside the branches');
  const random = randomNumbers(8);
  const floats = (dims) => new Tensor('float32', Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random() - 0.5), dims);
  const image = floats([1, 3, 224, 224]);
  await compareRuns(mobilenet, wasm, ([{ name }]) => [{ [name]: image }]);
  const sound = floats([1, 512]);
  await compareRuns(silero, wasm, (inputs) => [Object.fromEntries(inputs.map(({ name, dtype }) => [
    name, dtype === 'int64' ? new Tensor('int64', [16000n], []) : name === 'input' ? sound : new Tensor('float32', new Float32Array(256), [2, 1, 128]),
  ]))]);
});

test('a module without the HTTP interface says so, and one with all parts has the same size as before', () => {
  const bytes = readFileSync(join(root, `dist/onedge-${build}.wasm`));
  const map = JSON.parse(readFileSync(join(root, `dist/onedge-${build}.trim.json`), 'utf8'));
  const trimmer = new Trimmer(bytes, map);
  const all = trimmer.trim(() => true);
  assert.ok(WebAssembly.validate(all) && Math.abs(all.length - bytes.length) < 5000, `${all.length} of ${bytes.length} bytes`);
  const none = trimmer.trim(() => false);
  assert.ok(WebAssembly.validate(none) && none.length < bytes.length / 2, `${none.length} of ${bytes.length} bytes`);
  const again = trimmer.trim(() => true);
  assert.deepEqual(again, all, 'a Trimmer can be used again');
});

test('segments of a module with shared memory get their addresses from the code that copies them', () => {
  const sizes = [4, 3];
  const data = new Writer().u(sizes.length);
  for (const size of sizes) data.u(1).u(size).raw(new Uint8Array(size));
  // memory.init 0 to address 70000; memory.init 1 to an address in a global: thread-local variables.
  const body = new Writer().u(0).byte(0x41).s32(70000).byte(0x41).s32(0).byte(0x41).s32(4).byte(0xfc).u(8).u(0).u(0);
  body.byte(0x23).u(1).byte(0x41).s32(0).byte(0x41).s32(3).byte(0xfc).u(8).u(1).u(0).byte(0x0b);
  const code = new Writer().u(1).u(body.size).raw(body.bytes());
  const segments = readData({ id: SECTION.data, bytes: data.bytes() }, { id: SECTION.code, bytes: code.bytes() });
  assert.deepEqual(segments.map(({ passive, offset }) => [passive, offset]), [[true, 70000], [true, NaN]]);
});
