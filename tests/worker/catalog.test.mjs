// Versions: the catalog in the store, traffic by weight, pins, rollout and roll back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { files } from './models.mjs';
import { sha256 } from './onedge_package.mjs';
import { get, post, put, useWorker } from './setup.mjs';

useWorker();

const entry = (file) => ({ file, digest: `sha256:${sha256(files[file])}`, bytes: files[file].length });
const versions = { '1.0.0': entry('classifier-1.onedge'), '1.1.0': entry('classifier-2.onedge') };
const catalogOf = (traffic, change = {}) => ({ format: 1, models: { classifier: { versions, traffic, ...change }, embedder: { versions: { '1.0.0': entry('embedder.onedge') }, traffic: { '1.0.0': 100 } } } });
const write = (name, catalog) => put('r2', `${name}.json`, typeof catalog === 'string' ? catalog : JSON.stringify(catalog));
const ask = (service, model, headers = {}) => post(`${service}/predict`, { model, inputs: 'a sad river' }, headers);
const versionOf = (response) => response.headers.get('x-onedge-model').split('@')[1];

/** How many of 200 clients get each version. */
async function shares(service) {
  const seen = {};
  for (let i = 0; i < 200; ++i) {
    const response = await ask(service, 'classifier', { 'x-onedge-key': `client ${i}` });
    assert.equal(response.status, 200);
    (seen[versionOf(response)] ??= []).push(i);
  }
  return seen;
}

test('a rollout: a share of the clients, each stays with its version; then all; then back', async () => {
  await write('rollout', catalogOf({ '1.0.0': 90, '1.1.0': 10 }));
  const first = await shares('catalog:rollout');
  const early = first['1.1.0'];
  assert.ok(early.length >= 8 && early.length <= 36, `${early.length} of 200, for 10 %`);
  assert.deepEqual(await shares('catalog:rollout'), first);
  await write('rollout', catalogOf({ '1.0.0': 50, '1.1.0': 50 }));
  const half = (await shares('catalog:rollout'))['1.1.0'];
  assert.ok(half.length >= 75 && half.length <= 125, `${half.length} of 200, for 50 %`);
  assert.ok(early.every((client) => half.includes(client)), 'who had the new version keeps it');
  await write('rollout', catalogOf({ '1.1.0': 100 }));
  assert.deepEqual(Object.keys(await shares('catalog:rollout')), ['1.1.0']);
  await write('rollout', catalogOf({ '1.0.0': 100 }));
  assert.deepEqual(Object.keys(await shares('catalog:rollout')), ['1.0.0']);
});

test('the two versions answer as two models', async () => {
  await write('two', catalogOf({ '1.0.0': 100 }));
  const answers = await Promise.all(['classifier@1.0.0', 'classifier@1.1.0'].map(async (model) => (await ask('catalog:two', model)).json()));
  assert.notDeepEqual(...answers);
});

test('sticky by the address where there is no key, by chance where there is neither', async () => {
  await write('sticky', catalogOf({ '1.0.0': 50, '1.1.0': 50 }));
  const one = new Set();
  const many = new Set();
  for (let i = 0; i < 24; ++i) {
    one.add(versionOf(await ask('catalog:sticky', 'classifier', { 'cf-connecting-ip': '192.0.2.7' })));
    many.add(versionOf(await ask('catalog:sticky', 'classifier', { 'cf-connecting-ip': `192.0.2.${i}` })));
  }
  assert.equal(one.size, 1);
  assert.equal(many.size, 2);
});

test('pins: name@version, name@sha256:..., a version in the path; what is not there is 404', async () => {
  await write('pins', catalogOf({ '1.0.0': 100 }));
  for (const pin of ['classifier@1.1.0', `classifier@${versions['1.1.0'].digest}`]) {
    const response = await ask('catalog:pins', pin);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-onedge-model'), 'classifier@1.1.0');
  }
  for (const path of ['classifier/versions/1.1.0', 'classifier@1.1.0', `classifier@${encodeURIComponent(versions['1.1.0'].digest)}`]) {
    const response = await get(`catalog:pins/v2/models/${path}`);
    assert.equal(response.headers.get('x-onedge-model'), 'classifier@1.1.0');
    assert.deepEqual((await response.json()).versions, ['1.0.0', '1.1.0']);
    assert.equal((await get(`catalog:pins/v2/models/${path}/ready`)).status, 200);
  }
  for (const [model, pattern] of [['classifier@2.0.0', /no version '2.0.0'; available: 1.0.0, 1.1.0/], [`classifier@sha256:${'0'.repeat(64)}`, /no version 'sha256:0/], ['other', /unknown model 'other'; available: classifier, embedder/]]) {
    const response = await ask('catalog:pins', model);
    assert.match((await response.json()).error, pattern);
    assert.equal(response.status, 404);
  }
  const contradiction = await get('catalog:pins/v2/models/classifier@1.0.0/versions/1.1.0');
  assert.equal(contradiction.status, 422);
});

test('a model that is given inline has the version that it says', async () => {
  assert.equal((await ask('tiny', 'classifier@1.0.0')).status, 200);
  const response = await ask('tiny', 'classifier@1.2.0');
  assert.match((await response.json()).error, /no version '1.2.0'; available: 1.0.0/);
  assert.equal(response.status, 404);
});

test('metadata has a strong ETag, which changes with the model and its versions', async () => {
  await write('etag', catalogOf({ '1.0.0': 100 }));
  const etags = new Set();
  for (const path of ['v2/models/classifier', 'v2/models/classifier/versions/1.1.0', 'info?model=classifier', 'info?model=classifier@1.1.0', 'openapi.yaml']) {
    const first = await get(`catalog:etag/${path}`);
    const etag = first.headers.get('etag');
    assert.match(etag, /^"[0-9a-f]{32}"$/);
    etags.add(etag);
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const second = await get(`catalog:etag/${path}`, { headers: { 'if-none-match': value } });
      assert.deepEqual([second.status, second.headers.get('etag')], [304, etag]);
    }
    assert.equal((await get(`catalog:etag/${path}`, { headers: { 'if-none-match': '"other"' } })).status, 200);
  }
  assert.equal(etags.size, 5);
  const before = (await get('catalog:etag/v2/models/classifier')).headers.get('etag');
  await write('etag', catalogOf({ '1.1.0': 100 }));
  assert.notEqual((await get('catalog:etag/v2/models/classifier')).headers.get('etag'), before);
});

test('an ETag is answered without loading the model', async () => {
  await write('unloaded', catalogOf({ '1.0.0': 100 }));
  const { headers } = await get('catalog:etag/v2/models/embedder');
  const response = await get('catalog:unloaded/v2/models/embedder', { headers: { 'if-none-match': headers.get('etag') } });
  assert.equal(response.status, 304);
  assert.deepEqual((await (await get('catalog:unloaded/health')).json()).loaded, []);
});

test('a catalog that cannot be read: 503 at first, later the last good one', async () => {
  const early = await ask('catalog:late', 'classifier');
  assert.match((await early.json()).error, /catalog cannot be read: the store has no 'late.json'/);
  assert.equal(early.status, 503);
  assert.equal((await get('catalog:late/v2/health/ready')).status, 503);
  assert.equal((await get('catalog:late/v2/health/live')).status, 200);
  await write('late', catalogOf({ '1.0.0': 100 }));
  assert.equal((await ask('catalog:late', 'classifier')).status, 200);
  const bad = [
    '{', { format: 2, models: {} }, catalogOf({ '1.0.0': 50 }), catalogOf({ '1.0.0': 100, '3.0.0': 0 }), { format: 1, models: [] },
    catalogOf({ '1.0.0': 100 }, { versions: { '1.0.0': { file: 'x', digest: 'sha256:12' } } }),
  ];
  for (const catalog of bad) {
    await write('late', catalog);
    const response = await ask('catalog:late', 'classifier');
    assert.deepEqual([response.status, versionOf(response)], [200, '1.0.0']);
  }
  await write('late', catalogOf({ '1.1.0': 100 }));
  assert.equal(versionOf(await ask('catalog:late', 'classifier')), '1.1.0');
});

test('a catalog is not read again before its time', async () => {
  await write('once', catalogOf({ '1.0.0': 100 }));
  assert.equal(versionOf(await ask('slowCatalog:once', 'classifier')), '1.0.0');
  await write('once', catalogOf({ '1.1.0': 100 }));
  assert.equal(versionOf(await ask('slowCatalog:once', 'classifier')), '1.0.0');
});
