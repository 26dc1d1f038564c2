// worker: true in Node: the interface of Model, off the main thread.
import { liveHandles } from './host_state.mjs';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { load, OnedgeError } from 'onedge';
import { serveModel } from './model_server.mjs';

const langid = fileURLToPath(new URL('../../models/langid/langid.onedge', import.meta.url));
const bytes = readFileSync(langid);
const build = process.env.ONEDGE_WASM;
const options = { build, worker: true };
const sentence = 'Das ist ein ganz gewöhnlicher deutscher Satz.';
const code = (expected) => (error) => error instanceof OnedgeError && error.code === expected;

let server;
let expected;
before(async () => {
  server = await serveModel(bytes);
  const model = await load(langid, { build });
  expected = await model.run(sentence, { topK: 3 });
  model.dispose();
});
after(() => server.close());

test('every kind of source gives the answer of the main thread', async () => {
  const sources = {
    path: langid,
    'file URL': pathToFileURL(langid),
    URL: new URL(server.url('/model')),
    Buffer: bytes,
    Blob: new Blob([bytes]),
    stream: new Blob([bytes]).stream(),
    Response: new Response(bytes),
  };
  for (const [name, source] of Object.entries(sources)) {
    const model = await load(source, options);
    assert.deepEqual(await model.run(sentence, { topK: 3 }), expected, name);
    assert.equal(model.task, 'text-classification');
    assert.deepEqual([model.stats().worker, model.stats().fileBytes], [true, bytes.length]);
    model.dispose();
  }
  assert.equal(bytes.length > 0, true); // the caller still has its bytes
  assert.equal(await liveHandles(), 0); // the main thread holds no handle
});

test('batches, the tokenizer and errors cross the threads', async () => {
  const model = await load(langid, options);
  const answers = await model.run([sentence, sentence], { topK: 3 });
  assert.deepEqual(answers, [expected, expected]);
  const { ids, offsets } = await model.tokenizer.encode('Bonjour');
  assert.ok(ids instanceof Int32Array && offsets.length === ids.length);
  assert.equal((await model.tokenizer.decode(ids)).toLowerCase(), 'bonjour');
  assert.ok(model.tokenizer.vocabularySize > 1000);
  await assert.rejects(model.run(7), TypeError);
  await assert.rejects(model.run('x', { topK: -1 }), code('INVALID_ARGUMENT'));
  model.dispose();
  model.dispose();
  await assert.rejects(model.run('x'), code('INVALID_ARGUMENT'));
  await assert.rejects(load('/nowhere/at-all.onedge', options), code('NOT_FOUND'));
  await assert.rejects(load(langid, { ...options, memoryLimit: 1e6 }), code('RESOURCE_EXHAUSTED'));
});

test('a run is stopped between its steps, and the model stays usable', async () => {
  const model = await load(langid, options);
  const controller = new AbortController();
  const texts = Array(2000).fill(sentence);
  const run = model.run(texts, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(run, { name: 'AbortError' });
  const started = performance.now();
  assert.deepEqual(await model.run(sentence, { topK: 3 }), expected);
  const whole = 2000 * model.stats().runMilliseconds;
  assert.ok(performance.now() - started < whole / 2, 'the worker went on with what was aborted');
  model.dispose();
});

test('a function polled between steps stops a run in one thread', async () => {
  const model = await load(langid, { build });
  let polls = 0;
  await assert.rejects(model.run(sentence, { cancelled: () => ++polls > 3 }), code('CANCELLED'));
  assert.equal(polls, 4);
  assert.deepEqual(await model.run(sentence, { topK: 3 }), expected);
  model.dispose();
});

test('loading reports progress and can be aborted', async () => {
  const phases = new Set();
  const model = await load(server.url('/model'), { ...options, cache: false, onProgress: ({ phase }) => phases.add(phase) });
  assert.deepEqual([...phases], ['download', 'prepare', 'ready']);
  model.dispose();
  const controller = new AbortController();
  const loading = load(server.url('/slow'), { ...options, cache: false, signal: controller.signal, onProgress: () => controller.abort() });
  await assert.rejects(loading, { name: 'AbortError' });
});

test('loads at the same time share one worker, and a cache of the caller’s own is kept here', async () => {
  const [a, b] = await Promise.all([load(langid, options), load(langid, options)]);
  a.dispose();
  assert.deepEqual(await b.run(sentence, { topK: 3 }), expected);
  b.dispose();
  const store = new Map();
  const cache = { get: (key) => store.get(key), put: async (key, response) => void store.set(key, await response.arrayBuffer()) };
  for (const state of ['stored', 'hit']) {
    const model = await load(server.url('/model'), { ...options, cache });
    assert.equal(model.stats().cache, state);
    assert.deepEqual(await model.run(sentence, { topK: 3 }), expected);
    model.dispose();
  }
  assert.equal(store.size, 2);
});
