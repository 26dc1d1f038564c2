// onedge/worker in workerd, with real R2, KV and assets bindings in wrangler's local mode.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unstable_startWorker } from 'wrangler';

const bytes = readFileSync(fileURLToPath(new URL('../../models/langid/langid-int8.onedge', import.meta.url)));
const french = 'Bonjour tout le monde, comment allez-vous ?';

let worker;
before(async () => {
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'; // miniflare would ask the network where it is
  worker = await unstable_startWorker({
    config: fileURLToPath(new URL('wrangler.json', import.meta.url)),
    dev: { server: { hostname: '127.0.0.1', port: 0 }, inspector: false, logLevel: 'error', persist: false },
  });
  await worker.ready;
  for (const store of ['r2', 'kv']) await worker.fetch(`http://worker/${store}/langid-int8.onedge`, { method: 'PUT', body: bytes });
});
after(() => worker?.dispose());

const get = (path, init) => worker.fetch(`http://worker/${path}`, init);
const post = (path, body, headers = {}) => get(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });

for (const store of ['assets', 'r2', 'kv']) {
  test(`${store}: requests that arrive while the model loads all get their answer`, async () => {
    const responses = await Promise.all([1, 2, 3].map(() => post(`${store}/predict`, { model: 'langid', inputs: french })));
    for (const response of responses) {
      assert.equal(response.status, 200);
      assert.match(response.headers.get('server-timing'), /total;dur=/);
      const ranking = await response.json();
      assert.equal(ranking[0].label, 'fr');
      assert.ok(ranking.length >= 28);
    }
  });
}

test('batches, tokens and back, metadata', async () => {
  const batch = await (await post('assets/predict', { model: 'langid', inputs: [[french], ['Guten Morgen, wie geht es Ihnen heute?']] })).json();
  assert.deepEqual(batch.map(([best]) => best.label), ['fr', 'de']);
  const [tokens] = await (await post('assets/tokenize', { model: 'langid', inputs: 'Bonjour' })).json();
  assert.ok(tokens[0].special && tokens.some(({ start, stop }) => stop > start));
  const [text] = await (await post('assets/decode', { model: 'langid', ids: tokens.map(({ id }) => id) })).json();
  assert.equal(text.toLowerCase(), 'bonjour');
  const info = await (await get('assets/info?model=langid')).json();
  assert.deepEqual([info.model_id, info.task], ['langid', 'text-classification']);
  const metadata = await (await get('assets/v2/models/langid')).json();
  assert.deepEqual(metadata.inputs[0], { name: 'input_ids', datatype: 'INT64', shape: [-1, -1] });
  assert.equal((await get('assets/health')).status, 200);
});

test('each fault has its status and its reason, and the next request succeeds', async () => {
  const cases = [
    [post('assets/predict', { model: 'gone', inputs: 'x' }), 404, /store has no 'gone.onedge'/],
    [post('assets/predict', { model: 'other', inputs: 'x' }), 404, /there is no model 'other'/],
    [post('assets/predict', { inputs: 'x' }), 422, /expected one of langid/],
    [post('assets/predict', { model: 'langid', inputs: 7 }), 422, /expected a text/],
    [post('assets/embed', { model: 'langid', inputs: 'x' }), 422, /not 'feature-extraction'/],
    [post('assets/predict', 'no JSON'), 400, /no JSON object/],
    [get('assets/nowhere'), 404, /no route GET \/nowhere/],
    [post('wrong/predict', { inputs: 'x' }), 503, /expected the digest 000/],
    [post('url/predict', { inputs: 'x' }), 500, /./],
    [post('token/predict', { model: 'langid', inputs: 'x' }), 401, /bearer token/],
    [post('token/predict', { model: 'langid', inputs: 'x'.repeat(2000) }, { authorization: 'Bearer secret' }), 413, /more than 1000 bytes/],
    [post('token/predict', { model: 'langid', inputs: [['a'], ['b'], ['c']] }, { authorization: 'Bearer secret' }), 413, /3 are more than the 2/],
  ];
  for (const [pending, status, pattern] of cases) {
    const response = await pending;
    const { error } = await response.json();
    assert.match(error, pattern);
    assert.equal(response.status, status, error);
    if (status === 503) assert.ok(response.headers.get('retry-after'));
  }
  assert.equal((await post('token/predict', { model: 'langid', inputs: 'x' }, { authorization: 'Bearer secret' })).status, 200);
  assert.equal((await post('assets/predict', { model: 'langid', inputs: 'x' })).status, 200);
});

test('a model that does not fit is refused, and what fits still answers', async () => {
  assert.equal((await post('tight/predict', { model: 'langid', inputs: french })).status, 200);
  const refused = await post('tight/predict', { model: 'large', inputs: french });
  assert.equal(refused.status, 503);
  assert.match((await refused.json()).error, /memory limit/);
  assert.equal((await post('tight/predict', { model: 'langid', inputs: french })).status, 200);
});
