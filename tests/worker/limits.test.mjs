// The limits of a request: method, type, size, token, concurrency, origin; and the headers of every answer.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { control, french, get, post, useWorker } from './setup.mjs';

useWorker();

const refused = async (pending, status, pattern, type) => {
  const response = await pending;
  const { error, error_type } = await response.json();
  assert.match(error, pattern);
  assert.equal(response.status, status, error);
  if (type) assert.equal(error_type, type);
  return response;
};
const embed = (service, inputs, headers) => post(`${service}/embed`, { model: 'embedder', inputs }, headers);

test('routes, methods and types', async () => {
  await refused(get('tiny/nowhere'), 404, /unknown route \/nowhere/, 'NOT_FOUND');
  await refused(get('tiny/v2/models//infer'), 404, /unknown route/);
  const wrong = await refused(get('tiny/predict'), 405, /\/predict takes POST, OPTIONS, not GET/, 'UNSUPPORTED');
  assert.equal(wrong.headers.get('allow'), 'POST, OPTIONS');
  const deleted = await refused(get('tiny/health', { method: 'DELETE' }), 405, /takes GET, HEAD, OPTIONS/);
  assert.equal(deleted.headers.get('allow'), 'GET, HEAD, OPTIONS');
  const options = await get('tiny/predict', { method: 'OPTIONS' });
  assert.deepEqual([options.status, options.headers.get('allow')], [204, 'POST, OPTIONS']);
  const head = await get('tiny/v2', { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  await refused(post('tiny/predict', '{}', { 'content-type': 'text/plain' }), 415, /expected application\/json, got 'text\/plain'/, 'UNSUPPORTED');
  await refused(post('tiny/embed', '{}', { 'content-encoding': 'gzip' }), 415, /content-encoding: expected none/);
  await refused(post('tiny/predict', 'no JSON'), 400, /not JSON/);
  await refused(post('tiny/predict', '[]'), 400, /not a JSON object/);
  await refused(post('tiny/predict', Buffer.from([0x22, 0xff, 0x22])), 400, /not JSON/);
  await refused(post('tiny/predict', { inputs: 'x' }), 422, /model: expected one of classifier, embedder/);
  await refused(post('tiny/predict', { model: 7, inputs: 'x' }), 422, /model: expected a name, got 7/);
  await refused(post('tiny/predict', { model: 'classifier', inputs: 7 }), 422, /expected a text/);
  await refused(post('tiny/predict', { model: 'classifier' }), 422, /expected a text/);
  await refused(post('tiny/predict', { model: 'classifier', inputs: [] }), 422, /expected a text/);
  await refused(post('tiny/predict', { model: 'embedder', inputs: 'x' }), 422, /is 'feature-extraction', not 'text-classification'/);
});

test('sizes: bytes, batch, tokens of a text and of a request', async () => {
  await refused(embed('limits', 'x'.repeat(3000)), 413, /more than 2000 bytes/);
  let parts = 10;
  const stream = new ReadableStream({ pull: (c) => (parts-- > 0 ? c.enqueue(new Uint8Array(500).fill(32)) : c.close()) }); // its length is not declared
  await refused(get('limits/embed', { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'application/json' } }), 413, /more than 2000 bytes/);
  await refused(embed('limits', ['a', 'b', 'c']), 413, /expected at most 2 in one request, got 3/);
  await refused(post('limits/rerank', { model: 'reranker', query: 'a', texts: ['a', 'b', 'c'] }), 413, /texts: expected at most 2 in one request, got 3/);
  await refused(post('limits/decode', { model: 'embedder', ids: [[1], [2], [3]] }), 413, /ids: expected at most 2 in one request, got 3/);
  await refused(embed('limits', 'the capital of france is paris'), 413, /expected a text of at most 6 tokens, got 8/);
  assert.equal((await post('limits/embed', { model: 'embedder', inputs: 'the capital of france is paris', truncate: true })).status, 200);
  await refused(embed('limits', ['the capital of', 'a sad river']), 413, /expected at most 8 tokens in one request, got 10/);
  assert.equal((await embed('limits', ['a', 'b'])).status, 200);
});

test('the token: all but health and the description needs it', async () => {
  await refused(embed('token', 'a'), 401, /bearer token/, 'UNAUTHENTICATED');
  const wrong = await refused(embed('token', 'a', { authorization: 'Bearer secres' }), 401, /bearer token/);
  assert.equal(wrong.headers.get('www-authenticate'), 'Bearer');
  await refused(get('token/metrics'), 401, /bearer token/);
  await refused(get('token/info?model=embedder'), 401, /bearer token/);
  assert.equal((await embed('token', 'a', { authorization: 'Bearer secret' })).status, 200);
  for (const path of ['health', 'v2/health/live', 'v2/health/ready', 'openapi.yaml']) assert.equal((await get(`token/${path}`)).status, 200);
});

test('too many requests at once: 429, and the next one is answered', async () => {
  await post('limits/embed', { model: 'embedder', inputs: 'a' });
  const slow = () => post('faultylimits:busy/predict', { inputs: 'a' });
  await control('busy', { mode: 'slow', delay: 150 });
  const first = [slow(), slow()];
  await new Promise((resolve) => setTimeout(resolve, 300));
  const response = await refused(slow(), 429, /2 requests are running, which is the limit/, 'UNAVAILABLE');
  assert.equal(response.headers.get('retry-after'), '1');
  for (const one of first) assert.equal((await one).status, 200);
  assert.equal((await slow()).status, 200);
});

test('CORS: anyone, some, or nobody; preflight', async () => {
  const asking = (origin) => ({ headers: { origin } });
  const any = await get('tiny/health', asking('https://a.example'));
  assert.equal(any.headers.get('access-control-allow-origin'), '*');
  assert.match(any.headers.get('access-control-expose-headers'), /x-onedge-model/);
  const off = await get('cors:off/health', asking('https://a.example'));
  assert.equal(off.headers.get('access-control-allow-origin'), null);
  const listed = await get('token/health', asking('https://app.example'));
  assert.deepEqual([listed.headers.get('access-control-allow-origin'), listed.headers.get('vary')], ['https://app.example', 'origin']);
  assert.equal((await get('token/health', asking('https://other.example'))).headers.get('access-control-allow-origin'), null);
  // Without the token: a preflight never has one.
  const preflight = await get('token/v1/embeddings', {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-stainless-os' },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,x-stainless-os');
  // A page may read errors, too.
  assert.equal((await post('tiny/predict', '[]', { origin: 'https://a.example' })).headers.get('access-control-allow-origin'), '*');
});

test('Server-Timing has the parts', async () => {
  const started = performance.now();
  const response = await post('cors:timing/embed', { model: 'embedder', inputs: Array(20).fill('a sad river') });
  const elapsed = performance.now() - started;
  const header = response.headers.get('server-timing');
  assert.match(header, /^load;dur=[\d.]+, tokenize;dur=[\d.]+, run;dur=[\d.]+, queue;dur=[\d.]+, total;dur=[\d.]+$/);
  const [load, tokenize, run, queue, total] = header.match(/[\d.]+/g).map(Number);
  const ROUNDING = 2; // ms; the total is in whole ones
  assert.ok(load > 0 && run > 0, header); // the first answer of this service loads its model
  assert.ok(load + tokenize + run <= total + ROUNDING && queue <= run, header);
  assert.ok(total <= elapsed + ROUNDING, `${header}, and the client waited ${elapsed} ms`);
  const second = await post('cors:timing/embed', { model: 'embedder', inputs: 'a sad river' });
  assert.match(second.headers.get('server-timing'), /^load;dur=[\d.]+, tokenize;dur=[\d.]+, run;dur=[\d.]+, total;dur=[\d.]+$/);
});

test('a model that does not fit is refused, and what fits still answers', async () => {
  const predict = (model) => post('tight/predict', { model, inputs: french });
  assert.equal((await predict('langid')).status, 200);
  for (let i = 0; i < 2; ++i) await refused(predict('large'), 503, /memory limit/, 'RESOURCE_EXHAUSTED');
  assert.equal((await predict('langid')).status, 200);
});

test('several models under one limit: the one that was not used for longest goes', async () => {
  const ask = async (model, route = 'ready') => assert.equal((await get(`two/v2/models/${model}/${route}`)).status, 200);
  const loaded = async () => (await (await get('two/health')).json()).loaded;
  await ask('digits');
  await ask('embedder');
  await ask('digits');
  assert.deepEqual(await loaded(), ['embedder@1.0.0', 'digits@1.0.0']);
  const answer = await post('two/predict', { model: 'langid', inputs: french });
  assert.equal(answer.status, 200);
  const left = await loaded();
  assert.ok(left.includes('langid-int8@1.0.0') || left.includes('langid@1.0.0'), left.join());
  assert.ok(!left.includes('embedder@1.0.0') || left.length === 3, left.join());
  await ask('embedder');
  await ask('digits');
});

test('fallback: what does not fit is passed on, with its body and headers, once', async () => {
  const seen = [];
  const server = createServer(async (request, response) => {
    const body = [];
    for await (const part of request) body.push(part);
    seen.push({ url: request.url, method: request.method, type: request.headers['content-type'], passed: request.headers['x-onedge-fallback'], body: Buffer.concat(body).toString() });
    response.writeHead(200, { 'content-type': 'application/json', 'x-onedge-model': 'large@1.0.0' }).end('[{"label":"from the server","score":1}]');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service = `fallback:${server.address().port}`;
  const answer = await post(`${service}/predict`, { model: 'large', inputs: french });
  assert.deepEqual(await answer.json(), [{ label: 'from the server', score: 1 }]);
  assert.deepEqual(seen, [{ url: '/base/predict', method: 'POST', type: 'application/json', passed: '1', body: JSON.stringify({ model: 'large', inputs: french }) }]);
  await refused(post(`${service}/predict`, { model: 'large', inputs: french }, { 'x-onedge-fallback': '1' }), 503, /memory limit/);
  assert.equal((await (await post(`${service}/predict`, { model: 'langid', inputs: french })).json())[0].label, 'fr');
  assert.equal(seen.length, 1);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await refused(post(`${service}/predict`, { model: 'large', inputs: french }), 503, /fallback server cannot be reached/, 'UNAVAILABLE');
});

test('options that cannot be are said, and nothing dies', async () => {
  await refused(get('wrongOptions/health'), 500, /options: serve: models is empty/, 'INTERNAL');
});
