// The real wrangler in local mode: models deployed to R2, KV and assets, rolled out and back, while a Worker serves
// them from there.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { Session } from 'onedge';
import { unstable_startWorker } from 'wrangler';
import { openStore } from '../../worker/deploy/stores/open.js';
import { storeInConfiguration } from '../../worker/deploy/wrangler.js';
import { emptyFolder, models, onedge, project, root } from './command.mjs';

const french = 'Bonjour tout le monde, comment allez-vous ?';

const configuration = (bindings) =>
  JSON.stringify({ name: 'onedge-deploy-test', main: path.join(root, 'tests/deploy/worker.js'), compatibility_date: '2025-06-01', send_metrics: false, ...bindings });

const stores = {
  r2: { to: 'r2:models', bindings: { r2_buckets: [{ binding: 'BUCKET', bucket_name: 'models' }] } },
  kv: { to: 'kv:KV', bindings: { kv_namespaces: [{ binding: 'KV', id: '0123456789abcdef0123456789abcdef' }] } },
};

/** Returns the result of use(worker). */
async function withWorker(cwd, persist, use) {
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'; // otherwise miniflare asks the network for its location
  const worker = await unstable_startWorker({
    config: path.join(cwd, 'wrangler.json'),
    dev: { server: { hostname: '127.0.0.1', port: 0 }, inspector: false, logLevel: 'error', persist },
  });
  try {
    await worker.ready;
    return await use(worker);
  } finally {
    await worker.dispose();
  }
}

/** The digest of the package that the Worker names in an answer. */
async function served(worker, store) {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: french }) };
  const response = await worker.fetch(`http://worker/${store}/langid/predict`, request);
  const ranking = await response.json();
  assert.equal(response.status, 200, JSON.stringify(ranking));
  assert.equal(ranking[0].label, 'fr');
  return (await (await worker.fetch(`http://worker/${store}/langid/info`)).json()).model_sha;
}

/** Makes `folder` the current folder during the test. */
function enter(t, folder) {
  process.chdir(folder);
  t.after(() => process.chdir(root));
}

async function digestOf(file) {
  const session = await Session.create(file);
  const { digest } = session.description;
  session.dispose();
  return digest;
}
const [int8, float32] = await Promise.all([digestOf(models['langid-int8']), digestOf(models.langid)]);

for (const [kind, { to, bindings }] of Object.entries(stores)) {
  test(`${kind}: deployed, served, replaced, rolled back`, async (t) => {
    const cwd = project(t, { files: { 'wrangler.json': configuration(bindings) }, modules: true });
    const persist = emptyFolder(t);
    const run = async (...args) => {
      const { status, out, err } = await onedge(cwd, [...args, '--to', to, '--local', '--persist-to', persist, '--json']);
      assert.equal(status, 0, err);
      return JSON.parse(out);
    };
    const first = await run('deploy', models['langid-int8'], '--name', 'langid');
    assert.deepEqual([first.version, first.changed], ['1.0.0', true]);
    const second = await withWorker(cwd, persist, async (worker) => {
      assert.equal(await served(worker, kind), int8);
      const second = await run('deploy', models.langid, '--traffic', '40');
      assert.deepEqual(second.traffic, { '1.0.0': 60, '1.0.1': 40 });
      assert.equal(await served(worker, kind), int8);
      await run('rollout', 'langid', '1.0.1', '60');
      assert.equal(await served(worker, kind), float32);
      assert.deepEqual((await run('rollback', 'langid')).traffic, { '1.0.0': 100 });
      assert.equal(await served(worker, kind), int8);
      const { models: listed } = await (await worker.fetch(`http://worker/${kind}/catalog.json`)).json();
      assert.deepEqual(Object.keys(listed.langid.versions), ['1.0.0', '1.0.1']);
      return second;
    });
    enter(t, cwd);
    const store = await openStore(to, { local: true, persistTo: persist });
    assert.deepEqual((await store.digest(second.file)).bytes, second.bytes);
    await store.remove(second.file, second.bytes);
    assert.equal(await store.digest(second.file), null);
  });
}

test('assets: deployed, and served; --worker rehearses the deployment of the Worker', async (t) => {
  const bindings = { assets: { directory: 'public', binding: 'ASSETS', run_worker_first: true } };
  const cwd = project(t, { files: { 'wrangler.json': configuration(bindings) }, modules: true });
  const { status, out, err } = await onedge(cwd, ['deploy', models['langid-int8'], '--name', 'langid', '--to', 'assets:public', '--local', '--worker', '--json']);
  assert.equal(status, 0, err);
  assert.match(err, /wrangler deploy --dry-run[^]*Total Upload/);
  assert.equal(await withWorker(cwd, false, (worker) => served(worker, 'assets')), int8);
  assert.equal(JSON.parse(out).name, 'langid');
});

test("--to left out: the one store that wrangler's configuration names", async (t) => {
  const named = (bindings) => {
    enter(t, project(t, { files: { 'wrangler.json': configuration(bindings) }, modules: true }));
    return storeInConfiguration({});
  };
  assert.equal(await named(stores.r2.bindings), 'r2:models');
  assert.equal(await named(stores.kv.bindings), 'kv:KV');
  assert.match(await named({ assets: { directory: 'public', binding: 'ASSETS' } }), /^assets:\/.*\/public$/);
  assert.equal(await named({ ...stores.r2.bindings, assets: { directory: 'public', binding: 'ASSETS' } }), 'r2:models');
  await assert.rejects(named({ ...stores.r2.bindings, ...stores.kv.bindings }), /^UsageError: --to is missing, and .*wrangler\.json names several: r2:models, kv:KV/);
  await assert.rejects(named({}), /names no R2 bucket, KV namespace or assets/);
  const cwd = project(t, { files: { 'wrangler.json': configuration({ assets: { directory: 'public', binding: 'ASSETS' } }) }, modules: true });
  const { status, out, err } = await onedge(cwd, ['deploy', models.digits, '--dry-run', '--json']);
  assert.equal(status, 0, err);
  assert.match(JSON.parse(out).store, /^assets:.*public$/);
});
