// Caches and downloads: which files are kept and verified, and the effects of a failing server or store.
import { cacheFolder, liveHandles } from './host_state.mjs';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { caches, load, OnedgeError, Session } from 'onedge';
import { serveModel } from './model_server.mjs';

const bytes = readFileSync(fileURLToPath(new URL('../../models/digits/digits.onedge', import.meta.url)));
const build = process.env.ONEDGE_WASM;
const code = (expected, pattern = /./) => (error) =>
  error instanceof OnedgeError && error.code === expected && pattern.test(error.message);
const image = { data: new Uint8Array(256).fill(255), width: 16, height: 16, channels: 1 };

let server;
before(async () => (server = await serveModel(bytes)));
after(() => server.close());
beforeEach(async () => {
  server.requests.length = 0;
  Object.assign(server.state, { etag: '"v1"', bytes, down: false });
  await caches.delete();
});

/** stats() of a model that loads and answers. */
async function stats(path, options) {
  const model = await load(server.url(path), { build, ...options });
  assert.equal((await model.run(image)).length, 1);
  const found = model.stats();
  model.dispose();
  return found;
}

test('the second load comes from the cache, after the server has said that nothing changed', async () => {
  assert.equal((await stats('/model')).cache, 'stored');
  const second = await stats('/model');
  assert.deepEqual([second.cache, second.cacheReason], ['hit', 'unchanged at the server']);
  assert.deepEqual(server.requests.map(({ status }) => status), [200, 304]);
});

test('a changed model is fetched again, an unreachable server does not matter', async () => {
  await stats('/model');
  server.state.down = true;
  const offline = await stats('/model');
  assert.deepEqual([offline.cache, offline.cacheReason], ['hit', 'the server cannot be reached']);
  Object.assign(server.state, { down: false, etag: '"v2"' });
  assert.equal((await stats('/model')).cache, 'stored');
  assert.equal((await stats('/model')).cache, 'hit');
});

test('with a digest nothing is asked of the server, and another model is refused', async () => {
  const model = await load(server.url('/model'), { build, cache: false });
  const { digest } = model.description;
  model.dispose();
  assert.equal((await stats('/plain', { digest })).cache, 'stored');
  server.requests.length = 0;
  assert.equal((await stats('/plain', { digest })).cache, 'hit');
  assert.equal(server.requests.length, 0);
  const wrong = load(server.url('/plain'), { build, digest: '0'.repeat(64) });
  await assert.rejects(wrong, code('CORRUPT_FILE', /expected the digest 000/));
  assert.equal((await caches.list()).length, 1);
});

test('list names what is there, delete removes it', async () => {
  await stats('/model');
  await stats('/plain');
  const records = await caches.list();
  assert.deepEqual(records.map(({ url }) => url).sort(), [server.url('/model'), server.url('/plain')]);
  assert.ok(records.every((record) => record.bytes === bytes.length && /^[0-9a-f]{64}$/.test(record.digest)));
  assert.equal(await caches.delete(server.url('/model')), 1);
  assert.equal((await caches.list()).length, 1);
  assert.equal(await caches.delete(), 1);
  assert.deepEqual(readdirSync(cacheFolder), []);
});

test('a corrupt or cut entry is dropped and fetched again', async () => {
  for (const damage of [
    (path) => {
      const file = readFileSync(path);
      file[file.length >> 1] ^= 1;
      writeFileSync(path, file);
    },
    (path) => truncateSync(path, 50_000),
  ]) {
    await stats('/model');
    const largest = readdirSync(cacheFolder)
      .map((name) => join(cacheFolder, name))
      .find((path) => readFileSync(path).length > 50_000);
    damage(largest);
    server.requests.length = 0;
    assert.equal((await stats('/model')).cache, 'stored');
    assert.deepEqual(server.requests.map(({ status }) => status), [304, 200]);
    assert.equal((await stats('/model')).cache, 'hit');
  }
});

test('a bare .onnx file in the cache is held to the digest it had', async () => {
  // The smallest model: one Identity, float32 [1].
  const onnx = Buffer.from(
    '08083a370a100a017812017922084964656e74697479120167' + '5a0f0a0178120a0a08080112040a020801' + '620f0a0179120a0a08080112040a020801' + '42040a001011',
    'hex',
  );
  const store = new Map();
  const cache = { get: (key) => store.get(key), put: async (key, response) => void store.set(key, new Uint8Array(await response.arrayBuffer())) };
  server.state.bytes = onnx;
  const open = async () => {
    const session = await Session.create(server.url('/plain'), { build, cache });
    const { cache: state } = session.stats();
    session.dispose();
    return state;
  };
  assert.equal(await open(), 'stored');
  assert.equal(await open(), 'hit');
  const [key, entry] = [...store].find(([, value]) => value.length === onnx.length);
  const other = Uint8Array.from(entry);
  other[other.indexOf(0x78)] = 0x7a; // a name
  store.set(key, other);
  assert.equal(await open(), 'stored');
});

test('any {get, put} is a cache, and one that is full does not stop a load', async () => {
  const full = { get: () => undefined, put: () => Promise.reject(new DOMException('no room', 'QuotaExceededError')) };
  const first = await stats('/model', { cache: full });
  assert.deepEqual([first.cache, first.cacheReason], ['none', 'the cache could not store it: no room']);
  const deaf = { get: () => undefined, put: () => {} };
  assert.equal((await stats('/model', { cache: deaf })).cache, 'stored');
  const halfway = {
    get: () => undefined,
    async put(_, { body }) {
      await body.getReader().read();
      throw new Error('disk full');
    },
  };
  assert.match((await stats('/model', { cache: halfway })).cacheReason, /disk full/);
  await assert.rejects(load(server.url('/model'), { build, cache: {} }), TypeError);
});

test('loads at the same time share one download, and one copy of the weights', async () => {
  const models = await Promise.all(Array.from({ length: 3 }, () => load(server.url('/model'), { build })));
  assert.equal(server.requests.length, 1);
  assert.equal(await liveHandles(), 2 * models.length - 2); // three sessions, one model
  const answers = await Promise.all(models.map((model) => model.run(image)));
  assert.deepEqual(answers[1], answers[0]);
  models[0].dispose();
  assert.deepEqual(await models[2].run(image), answers[0]);
  for (const model of models) model.dispose();
});

test('one of them may give up without disturbing the others; when all do, the download ends', async () => {
  const controllers = [new AbortController(), new AbortController()];
  const loads = controllers.map(({ signal }) => load(server.url('/slow'), { build, signal }));
  const patient = load(server.url('/slow'), { build });
  controllers[0].abort();
  await assert.rejects(loads[0], { name: 'AbortError' });
  assert.equal((await patient).task, 'image-classification');
  (await patient).dispose();
  (await loads[1]).dispose();
  await caches.delete();

  const controller = new AbortController();
  const alone = load(server.url('/slow'), { build, signal: controller.signal, onProgress: () => controller.abort() });
  await assert.rejects(alone, { name: 'AbortError' });
  assert.deepEqual(await caches.list(), []);
  assert.equal((await stats('/slow')).cache, 'stored');
});

test('a download that breaks off is resumed where the server has ranges', async () => {
  assert.equal((await stats('/broken')).cache, 'stored');
  assert.deepEqual(
    server.requests.map(({ range }) => range),
    [undefined, `bytes=${Math.ceil(bytes.length / 3)}-`, `bytes=${2 * Math.ceil(bytes.length / 3)}-`],
  );
});

test('each fault has its error, nothing of it is kept, and the next load succeeds', async () => {
  await assert.rejects(load(server.url('/404'), { build }), code('NOT_FOUND', /HTTP status 404/));
  await assert.rejects(load(server.url('/500'), { build }), code('UNAVAILABLE', /HTTP status 500/));
  await assert.rejects(load(server.url('/short'), { build }), code('UNAVAILABLE', /broke after 50000 of \d+ bytes/));
  await assert.rejects(load(server.url('/flipped'), { build }), code('CORRUPT_FILE'));
  const limit = load(server.url('/model'), { build, memoryLimit: 50_000 });
  await assert.rejects(limit, code('RESOURCE_EXHAUSTED', /the file alone needs 0.1 MB of 0.1 MB/));
  await assert.rejects(load('http://127.0.0.1:1/model', { build }), code('UNAVAILABLE', /cannot be fetched/));
  assert.deepEqual(readdirSync(cacheFolder), []);
  assert.equal((await stats('/model')).cache, 'stored');
});
