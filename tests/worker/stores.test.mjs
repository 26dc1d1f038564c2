// The sources of models: real R2, KV and assets bindings, a URL, and the Cache API in between.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import { files } from './models.mjs';
import { sha256 } from './onedge_package.mjs';
import { control, french, get, langidBytes, langidDigest, post, put, useWorker } from './setup.mjs';

useWorker();
before(() => put('kv', 'langid-int8.onedge', langidBytes));

const ask = (service, model = 'langid') => post(`${service}/predict`, { model, inputs: french, truncate: true });
const loadsOf = async (service) => (await (await get(`${service}/metrics`)).text()).match(/onedge_model_loads_total\{[^}]*\} \d+/g) ?? [];

for (const store of ['assets', 'r2', 'kv']) {
  test(`${store}: requests that arrive while the model loads all get their answer, from one load`, async () => {
    const responses = await Promise.all(Array.from({ length: 8 }, () => ask(store)));
    for (const response of responses) {
      const answer = await response.json();
      assert.equal(response.status, 200, answer.error);
      assert.equal(answer[0].label, 'fr');
      assert.equal(response.headers.get('x-onedge-model'), 'langid@1.0.0');
    }
    assert.deepEqual(await loadsOf(store), ['onedge_model_loads_total{model="langid",version="1.0.0",cache="none"} 1']);
  });

  test(`${store}: a file that is not there is 404, and says so`, async () => {
    const response = await ask(store, 'gone');
    assert.match((await response.json()).error, /the store has no 'gone.onedge'/);
    assert.equal(response.status, 404);
  });
}

/** An HTTP server with the model; `answer` decides how to send it. */
async function serveModel(answer, use) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`url:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('a URL: as a whole, and resumed where the connection breaks', async () => {
  const paths = [];
  const whole = (request, response) => {
    paths.push(request.url);
    response.writeHead(200, { 'content-length': langidBytes.length }).end(langidBytes);
  };
  await serveModel(whole, async (service) => {
    assert.equal((await ask(service)).status, 200);
    assert.deepEqual(paths, ['/langid-int8.onedge']);
  });
  let breaks = 0;
  const breaking = (request, response) => {
    const begin = Number(request.headers.range?.match(/\d+/)[0] ?? 0);
    const part = langidBytes.subarray(begin);
    response.writeHead(begin ? 206 : 200, { 'content-length': part.length, etag: '"1"', ...(begin && { 'content-range': `bytes ${begin}-${langidBytes.length - 1}/${langidBytes.length}` }) });
    if (begin) return response.end(part);
    breaks += 1;
    return response.write(part.subarray(0, 400_000), () => setTimeout(() => request.socket.destroy(), 50));
  };
  await serveModel(breaking, async (service) => assert.equal((await ask(service)).status, 200));
  assert.equal(breaks, 1);
});

test('a URL whose server answers 404, 500, nothing or not all: each its error, and the next request succeeds', async () => {
  let mode;
  const answer = (request, response) => {
    if (mode === 'sound') return response.end(langidBytes);
    if (mode === 'silent') return undefined;
    if (mode === 'gone') return request.socket.destroy();
    return response.writeHead(mode).end('sorry');
  };
  await serveModel(answer, async (service) => {
    for (const [next, status, pattern] of [[404, 404, /HTTP status 404/], [500, 503, /HTTP status 500/], ['gone', 503, /cannot be fetched/], ['silent', 503, /stopped for 1 s opening/]]) {
      mode = next;
      const response = await ask(service);
      const { error } = await response.json();
      assert.match(error, pattern);
      assert.equal(response.status, status, error);
    }
    mode = 'sound';
    assert.equal((await ask(service)).status, 200);
  });
});

test('the Cache API lies between the store and the model, by the digest of the file', async () => {
  const service = `digest:${langidDigest}`;
  assert.equal((await ask(service)).status, 200);
  assert.deepEqual(await loadsOf(service), ['onedge_model_loads_total{model="langid",version="1.0.0",cache="stored"} 1']);
  await put('r2-delete', 'langid-int8.onedge', '');
  await control('drop', [service]); // another isolate
  assert.equal((await ask(service)).status, 200);
  assert.deepEqual(await loadsOf(service), ['onedge_model_loads_total{model="langid",version="1.0.0",cache="hit"} 1']);
  assert.doesNotMatch(await (await get(`${service}/metrics`)).text(), /^onedge_store_bytes_total \d/m);
  await put('r2', 'langid-int8.onedge', langidBytes);
});

test('a corrupt cache entry is deleted, and the store is asked again', async () => {
  const service = `digest:${langidDigest}`;
  await control('spoil-cache', { digest: langidDigest });
  await control('drop', [service]);
  assert.equal((await ask(service)).status, 200);
  assert.deepEqual(await loadsOf(service), ['onedge_model_loads_total{model="langid",version="1.0.0",cache="stored"} 1']);
});

test('other bytes than the digest says are refused and not kept', async () => {
  const wrong = sha256(files['embedder.onedge']);
  const service = `digest:${wrong}`;
  const response = await ask(service);
  assert.match((await response.json()).error, new RegExp(`'langid-int8.onedge': expected the digest ${wrong}, got ${langidDigest}`));
  assert.equal(response.status, 503);
  await put('r2', 'langid-int8.onedge', files['embedder.onedge']); // the file with that digest
  assert.equal((await get(`${service}/v2/models/langid/ready`)).status, 200);
  await put('r2', 'langid-int8.onedge', langidBytes);
});
