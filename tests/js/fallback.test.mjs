// fallback: an onedge server answers for a model that does not fit; the server here follows docs/openapi.yaml.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load, OnedgeError } from 'onedge';

const langid = fileURLToPath(new URL('../../models/langid/langid.onedge', import.meta.url));
const build = process.env.ONEDGE_WASM;
const labels = [{ label: 'fr', score: 0.75 }, { label: 'de', score: 0.25 }];
const code = (expected, pattern = /./) => (error) =>
  error instanceof OnedgeError && error.code === expected && pattern.test(error.message);

let server;
let fallback;
const bodies = [];
before(async () => {
  server = createServer(async (request, response) => {
    const json = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.url === '/info?model=langid') {
      return json(200, { model_id: 'langid', model_sha: 'abc', version: '1.0.0', task: 'text-classification', labels: ['de', 'fr'], signature: {} });
    }
    if (request.url !== '/predict') return json(404, { error: 'no such model', error_type: 'NOT_FOUND' });
    let text = '';
    for await (const chunk of request) text += chunk;
    bodies.push(JSON.parse(text));
    if (text.includes('overload')) return json(429, { error: 'try later', error_type: 'UNAVAILABLE' });
    json(200, bodies.at(-1).inputs.map(() => labels));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  fallback = `http://127.0.0.1:${server.address().port}/`;
});
after(() => server.close());

test('a model that exceeds the memory limit runs at the server', async () => {
  const model = await load(langid, { build, memoryLimit: 1e6, fallback });
  assert.deepEqual([model.name, model.task, model.labels], ['langid', 'text-classification', ['de', 'fr']]);
  assert.deepEqual(await model.run('Bonjour'), labels.slice(0, 1));
  assert.deepEqual(await model.run(['a', 'b'], { topK: 0 }), [labels, labels]);
  await assert.rejects(model.run('a', { truncation: false }), /run on a server \(fallback\).*truncation/);
  assert.deepEqual(bodies, [{ model: 'langid', inputs: [['Bonjour']], truncate: true }, { model: 'langid', inputs: [['a'], ['b']], truncate: true }]);
  assert.equal(model.stats().build, 'server');
  assert.match(model.stats().buildReason, /memory limit/);
  await assert.rejects(model.run('overload'), code('UNAVAILABLE', /try later/));
  await assert.rejects(model.run('x', { signal: AbortSignal.abort() }), { name: 'AbortError' });
  model.dispose();
  await assert.rejects(model.run('x'), code('INVALID_ARGUMENT', /disposed/));
});

test('other errors do not go to the server, and its own are passed on', async () => {
  await assert.rejects(load('/nowhere/at-all.onedge', { build, fallback }), code('NOT_FOUND', /nowhere/));
  const other = fileURLToPath(new URL('../../models/digits/digits.onedge', import.meta.url));
  await assert.rejects(load(other, { build, memoryLimit: 1000, fallback }), code('NOT_FOUND', /no such model/));
  await assert.rejects(load(langid, { build, memoryLimit: 1e6, fallback: 'http://127.0.0.1:1' }), code('UNAVAILABLE', /cannot be reached/));
});
