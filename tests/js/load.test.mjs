// load() and Model: every kind of source, the answers, the errors.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { load, OnedgeError, Session, Tensor } from 'onedge';
import { host, setHost } from '../../js/host.js';
import { chain } from '../ort/chain.mjs';
import { changeUnseen } from './unseen_change.mjs';

const langid = fileURLToPath(new URL('../../models/langid/langid.onedge', import.meta.url));
const digits = fileURLToPath(new URL('../../models/digits/digits.onedge', import.meta.url));
const bytes = readFileSync(langid);
const build = process.env.ONEDGE_WASM; // undefined: the engine's choice

const code = (expected) => (error) => error instanceof OnedgeError && error.code === expected;

async function bestOf(source, options) {
  const model = await load(source, { build, ...options });
  try {
    return (await model.run('Das ist ein ganz gewöhnlicher deutscher Satz.'))[0];
  } finally {
    model.dispose();
  }
}

test('a model loads from a path, a URL, bytes, a Blob, a stream and a Response', async () => {
  const server = createServer((_, response) => response.end(bytes)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${server.address().port}/langid.onedge`;
  try {
    const sources = {
      path: langid,
      'file URL': pathToFileURL(langid),
      'http URL': url,
      'URL object': new URL(url),
      Buffer: bytes,
      ArrayBuffer: new Uint8Array(bytes).buffer,
      Blob: new Blob([bytes]),
      stream: new Blob([bytes]).stream(),
      Response: new Response(bytes),
      'promise of a Response': fetch(url),
    };
    const answers = [];
    for (const [name, source] of Object.entries(sources)) answers.push([name, await bestOf(source)]);
    for (const [name, best] of answers) {
      assert.equal(best.label, 'de', name);
      assert.equal(best.score, answers[0][1].score, name);
    }
  } finally {
    server.close();
  }
});

test('progress counts every byte once and ends ready', async () => {
  const events = [];
  await bestOf(langid, { onProgress: (event) => events.push(event) });
  assert.equal(events.at(-1).phase, 'ready');
  assert.equal(events.at(-1).loaded, bytes.length);
  assert.ok(events.every(({ total }) => total === bytes.length));
  assert.ok(events.every(({ loaded }, i) => i === 0 || loaded >= events[i - 1].loaded));
});

test('topK chooses how many labels come, best first', async () => {
  const model = await load(langid, { build });
  const all = await model.run('Bonjour tout le monde', { topK: 0 });
  assert.equal(all.length, model.labels.length);
  assert.ok(Math.abs(all.reduce((sum, { score }) => sum + score, 0) - 1) < 1e-5);
  assert.deepEqual(all.map(({ score }) => score), all.map(({ score }) => score).sort((a, b) => b - a));
  assert.deepEqual(await model.run('Bonjour tout le monde', { topK: 3 }), all.slice(0, 3));
  await assert.rejects(model.run('x', { topK: -1 }), code('INVALID_ARGUMENT'));
  model.dispose();
});

test('a batch gives each text the answer that it gets alone', async () => {
  const model = await load(langid, { build });
  const texts = ['Hello', 'Ein längerer Satz, der mehr Token hat als der erste.', '?', 'こんにちは世界', '\ud800 lone surrogate'];
  const batch = await model.run(texts, { topK: 2 });
  for (const [i, text] of texts.entries()) assert.deepEqual(await model.run(text, { topK: 2 }), batch[i], text);
  model.dispose();
});

test('a model describes itself', async () => {
  const model = await load(langid, { build });
  assert.equal(model.task, 'text-classification');
  assert.equal(model.name, 'langid');
  assert.ok(model.labels.length >= 28);
  assert.deepEqual(model.signature.inputs[0], { name: 'input_ids', dtype: 'int64', shape: ['batch', 'sequence'] });
  const stats = model.stats();
  assert.equal(stats.fileBytes, bytes.length);
  assert.ok(stats.weightBytes > 1e6 && stats.wasmMemoryBytes > stats.weightBytes);
  assert.equal(stats.threads, 1);
  assert.match(stats.threadsReason, /less than 8 MB/);
  model.dispose();
});

test('digits are read from pixels', async () => {
  const model = await load(digits, { build });
  assert.equal(model.task, 'image-classification');
  // A one: a white stroke on black, 16 x 16.
  const data = new Uint8Array(16 * 16);
  for (let y = 1; y < 15; ++y) data.fill(255, y * 16 + 7, y * 16 + 10);
  const [best] = await model.run({ data, width: 16, height: 16, channels: 1 });
  assert.equal(best.label, '1');
  await assert.rejects(model.run('a text'), code('INVALID_ARGUMENT'));
  model.dispose();
});

test('a disposed model refuses to run, and dispose can be called again', async () => {
  const model = await load(langid, { build });
  model.dispose();
  model.dispose();
  await assert.rejects(model.run('x'), code('INVALID_ARGUMENT'));
});

test('a file that is not a model is refused with a reason, and the next load succeeds', async () => {
  await assert.rejects(load('/nowhere/at-all.onedge', { build }), code('NOT_FOUND'));
  await assert.rejects(load(new Uint8Array(0), { build }), code('CORRUPT_FILE'));
  await assert.rejects(load(new TextEncoder().encode('<!doctype html><p>Not found'), { build }), (error) => /HTML/i.test(error.message));
  await assert.rejects(load(42, { build }), TypeError);
  await assert.rejects(load(bytes.subarray(0, bytes.length / 2), { build }), code('CORRUPT_FILE'));
  const flipped = new Uint8Array(bytes);
  flipped[flipped.length >> 1] ^= 1;
  await assert.rejects(load(flipped, { build }), code('CORRUPT_FILE'));
  await assert.rejects(load(new Response('gone', { status: 404 }), { build }), code('NOT_FOUND'));
  assert.equal((await bestOf(langid)).label, 'de');
});

test('a change that CRC-32 does not notice is refused, by the hash of the host and by that of the module', async () => {
  const { sha256 } = host;
  const changed = changeUnseen(new Uint8Array(bytes));
  const refused = (error) => error.code === 'CORRUPT_FILE' && /part 'weights.bin'.*its SHA-256 is [0-9a-f]{64}, manifest.json says/.test(error.message);
  await assert.rejects(load(changed, { build }), refused);
  setHost({ sha256: undefined });
  try {
    await assert.rejects(load(changed, { build }), refused);
    assert.equal((await bestOf(langid)).label, 'de');
  } finally {
    setHost({ sha256 });
  }
});

test('the digest of an .onnx file is the same by the hash of the host and by that of the module', async () => {
  const onnx = chain(3);
  const digest = createHash('sha256').update(onnx).digest('hex');
  const { sha256 } = host;
  for (const hash of [sha256, undefined]) {
    setHost({ sha256: hash });
    try {
      const session = await Session.create(onnx, { build, digest });
      session.dispose();
      await assert.rejects(Session.create(onnx, { build, digest: '0'.repeat(64) }), (error) => error.message.includes(digest));
    } finally {
      setHost({ sha256 });
    }
  }
});

test('a memory limit that is too small is named', async () => {
  await assert.rejects(load(langid, { build, memoryLimit: 1e6 }), code('RESOURCE_EXHAUSTED'));
});

test('an aborted signal stops a load', async () => {
  await assert.rejects(load(langid, { build, signal: AbortSignal.abort() }), { name: 'AbortError' });
  const controller = new AbortController();
  const loading = load(langid, { build, signal: controller.signal, onProgress: () => controller.abort() });
  await assert.rejects(loading, { name: 'AbortError' });
});

test('many loads and disposals keep memory flat', async () => {
  let before;
  for (let round = 0; round < 30; ++round) {
    const model = await load(bytes, { build });
    await model.run('Bonjour');
    const { wasmMemoryBytes } = model.stats();
    model.dispose();
    if (round === 2) before = wasmMemoryBytes;
    if (round > 2) assert.equal(wasmMemoryBytes, before);
  }
});

test('a package runs on tensors too', async () => {
  const session = await Session.create(langid, { build });
  assert.deepEqual(session.inputNames, ['input_ids', 'attention_mask']);
  session.dispose();
});

test('optimize: false runs every operator as the file has it', async () => {
  const feeds = { image: new Tensor('float32', Float32Array.from({ length: 64 }, (_, i) => (i % 9) / 9), [1, 1, 8, 8]) };
  const run = async (optimize) => {
    const session = await Session.create(digits, { build, optimize });
    try {
      const { outputs, steps } = await session.profile(feeds);
      return { logits: Object.values(outputs)[0].data, steps: steps.length };
    } finally {
      session.dispose();
    }
  };
  const optimized = await run(true);
  const plain = await run(false);
  assert.ok(plain.steps > optimized.steps, `${plain.steps} and ${optimized.steps} steps`);
  plain.logits.forEach((logit, i) => assert.ok(Math.abs(logit - optimized.logits[i]) < 1e-4));
});
