// R2 and KV through a wrangler that fails at each of its calls, before or after it did its work. In every case the
// catalog names only archives that are complete, and the next deployment succeeds.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { emptyFolder, models, onedge, project, root, start } from './command.mjs';
import { packageWithZeros } from './packages.mjs';

const program = `${process.execPath} ${path.join(root, 'bin/onedge.mjs')}`;

/** A project with the fake wrangler on PATH. */
function fakeProject(t) {
  const cwd = project(t);
  mkdirSync(path.join(cwd, 'bin'));
  copyFileSync(fileURLToPath(new URL('fake_wrangler.sh', import.meta.url)), path.join(cwd, 'bin/wrangler'));
  return { cwd, state: path.join(cwd, 'state'), env: { PATH: `${path.join(cwd, 'bin')}:${process.env.PATH}`, FAKE_STATE: path.join(cwd, 'state') } };
}

const stores = {
  r2: {
    to: ['--to', 'r2:models', '--local'],
    read: (state, name) => read(state, `r2-${encodeURIComponent(`models/${name}`)}`),
  },
  kv: {
    to: ['--to', 'kv:MODELS', '--local'],
    read(state, name) {
      const key = (key) => read(state, `kv-${encodeURIComponent(`MODELS/${key}`)}`);
      const index = key(name);
      if (!index) return null;
      const { chunks, bytes } = JSON.parse(index);
      const whole = Buffer.concat(Array.from({ length: chunks }, (_, i) => key(`${name}/${i}`)));
      assert.equal(whole.length, bytes, name);
      return whole;
    },
  },
};
const read = (state, name) => (existsSync(path.join(state, name)) ? readFileSync(path.join(state, name)) : null);

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const fileDigests = Object.fromEntries(Object.values(models).map((file) => [readFileSync(file).length, sha256(readFileSync(file))]));

/** The traffic of the model, after a check of every archive that the catalog names. */
function soundTraffic(store, state, name) {
  const text = store.read(state, 'catalog.json');
  if (!text) return undefined;
  const { versions, traffic } = JSON.parse(text).models[name] ?? { versions: {} };
  for (const { file, bytes } of Object.values(versions)) assert.equal(sha256(store.read(state, file)), fileDigests[bytes], file);
  return traffic;
}

const callsOf = (state) => readFileSync(path.join(state, 'calls'), 'utf8').trim().split('\n');
const forgetCalls = (state) => writeFileSync(path.join(state, 'calls'), '');

for (const [kind, store] of Object.entries(stores)) {
  test(`${kind}: the same calls as long as nothing changes, and none that writes`, async (t) => {
    const { cwd, state, env } = fakeProject(t);
    const deployed = await onedge(cwd, ['deploy', models.digits, ...store.to], env);
    assert.equal(deployed.status, 0, deployed.err);
    assert.deepEqual(soundTraffic(store, state, 'digits'), { '1.0.0': 100 });
    assert.match(callsOf(state).filter((call) => / put /.test(call)).at(-1), /catalog\.json/);
    forgetCalls(state);
    const again = await onedge(cwd, ['deploy', models.digits, ...store.to], env);
    assert.match(again.out, /nothing changes/);
    assert.deepEqual(callsOf(state).filter((call) => !/ get /.test(call)), []);
    // After the first catalog, one write changes it in KV, too.
    forgetCalls(state);
    assert.equal((await onedge(cwd, ['deploy', models['langid-int8'], ...store.to], env)).status, 0);
    const puts = callsOf(state).filter((call) => / put /.test(call));
    assert.equal(puts.filter((call) => call.includes('catalog.json')).length, 1);
    assert.match(puts.at(-1), /catalog\.json/);
  });

  test(`${kind}: a wrangler that dies at any call`, async (t) => {
    const first = fakeProject(t);
    assert.equal((await onedge(first.cwd, ['deploy', models.digits, '--name', 'm', ...store.to], first.env)).status, 0);
    const before = readdirSync(first.state).filter((name) => name !== 'calls');
    forgetCalls(first.state);
    const update = ['deploy', models['langid-int8'], '--name', 'm', ...store.to];
    const copyOf = () => {
      const one = fakeProject(t);
      mkdirSync(one.state);
      for (const name of before) copyFileSync(path.join(first.state, name), path.join(one.state, name));
      return one;
    };
    const whole = copyOf();
    assert.equal((await onedge(whole.cwd, update, whole.env)).status, 0);
    const calls = callsOf(whole.state);
    assert.ok(calls.length >= 6, calls.join('\n'));
    for (let call = 1; call <= calls.length; ++call) {
      for (const when of / put /.test(calls[call - 1]) ? ['before', 'after'] : ['before']) {
        const what = `call ${call} (${calls[call - 1]}), ${when}`;
        const { cwd, state, env } = copyOf();
        const broken = await onedge(cwd, update, { ...env, FAKE_FAULT: `${call} ${when}` });
        assert.equal(broken.status, 1, what);
        assert.match(broken.err, /wrangler .* failed \(SIGKILL\)/, what);
        const switched = soundTraffic(store, state, 'm')['1.0.1'] === 100;
        const wrote = calls.findIndex((line) => /put .*catalog\.json/.test(line)) + 1;
        assert.equal(switched, call > wrote || (call === wrote && when === 'after'), what);
        const next = await onedge(cwd, update, env);
        assert.equal(next.status, 0, `${what}: ${next.err}`);
        assert.deepEqual(soundTraffic(store, state, 'm'), { '1.0.1': 100 }, what);
      }
    }
  });

  test(`${kind}: an archive that comes out with other bytes is not entered`, async (t) => {
    const { cwd, state, env } = fakeProject(t);
    const put = await callsUntilArchive(t, store);
    const { status, err } = await onedge(cwd, ['deploy', models.digits, ...store.to], { ...env, FAKE_FAULT: `${put} bytes` });
    assert.equal(status, 1, err);
    assert.match(err, /: expected 95554.* after the upload, got /);
    assert.equal(store.read(state, 'catalog.json'), null);
  });

  test(`${kind}: what others deploy meanwhile stays; what contradicts them is refused`, async (t) => {
    const { cwd, state, env } = fakeProject(t);
    assert.equal((await onedge(cwd, ['deploy', models.digits, ...store.to], env)).status, 0);
    forgetCalls(state);
    const put = await callsUntilArchive(t, store);
    const theirs = (args) => ({ ...env, FAKE_FAULT: `${put} run ${program} ${args} ${store.to.join(' ')} >/dev/null` });
    const mine = await onedge(cwd, ['deploy', models['langid-int8'], ...store.to], theirs(`deploy ${models.langid}`));
    assert.equal(mine.status, 0, mine.err);
    for (const name of ['digits', 'langid', 'langid-int8']) assert.deepEqual(soundTraffic(store, state, name), { '1.0.0': 100 });

    forgetCalls(state);
    const same = await onedge(cwd, ['deploy', models.langid, '--name', 'digits', ...store.to], theirs(`deploy ${models['langid-int8']} --name digits`));
    assert.equal(same.status, 1);
    assert.match(same.err, /digits 1\.0\.1 is already deployed with other bytes/);
    assert.deepEqual(soundTraffic(store, state, 'digits'), { '1.0.1': 100 });
  });

  test(`${kind}: a catalog that another writes at the same time is noticed`, async (t) => {
    const { cwd, state, env } = fakeProject(t);
    await onedge(cwd, ['deploy', models.digits, ...store.to], env);
    await onedge(cwd, ['deploy', models['langid-int8'], '--name', 'digits', ...store.to], env);
    forgetCalls(state);
    await onedge(cwd, ['rollback', 'digits', ...store.to], env);
    const readBack = 2 + callsOf(state).findLastIndex((call) => /put .*catalog\.json/.test(call));
    // Their rollout comes between our write and our check.
    await onedge(cwd, ['rollback', 'digits', '1.0.1', ...store.to], env);
    forgetCalls(state);
    const theirs = `${program} rollout digits 1.0.1 30 ${store.to.join(' ')} >/dev/null`;
    const { status, err } = await onedge(cwd, ['rollback', 'digits', ...store.to], { ...env, FAKE_FAULT: `${readBack} run ${theirs}` });
    assert.equal(status, 1);
    assert.match(err, /somebody else wrote catalog\.json at the same time/);
  });

  test(`${kind}: stopped by a signal, it leaves no process and no temporary file`, async (t) => {
    const { cwd, state, env } = fakeProject(t);
    const temporary = emptyFolder(t);
    const put = await callsUntilArchive(t, store);
    const { child, done } = start(cwd, ['deploy', models.digits, ...store.to], { ...env, TMPDIR: temporary, FAKE_FAULT: `${put} hang` });
    while (!read(state, 'pid')?.length) await pause(20);
    assert.notDeepEqual(readdirSync(temporary), []);
    child.kill('SIGTERM');
    assert.equal((await done).status, 1);
    await pause(100);
    // A process that ended and was not waited for has no command line.
    assert.equal(String(read(`/proc/${Number(read(state, 'pid'))}`, 'cmdline') ?? ''), '');
    assert.deepEqual(readdirSync(temporary), []);
    assert.equal(store.read(state, 'catalog.json'), null);
    const next = await onedge(cwd, ['deploy', models.digits, ...store.to], env);
    assert.equal(next.status, 0, next.err);
    assert.deepEqual(soundTraffic(store, state, 'digits'), { '1.0.0': 100 });
  });

  test(`${kind}: what an interrupted upload left is found by prune`, async (t) => {
    const { cwd, state, env } = fakeProject(t);
    const put = await callsUntilArchive(t, store);
    await onedge(cwd, ['deploy', models.digits, ...store.to], { ...env, FAKE_FAULT: `${put} after` });
    const left = () => readdirSync(state).filter((name) => /onedge/.test(name));
    assert.equal(left().length, 1);
    const kept = await onedge(cwd, ['prune', 'digits', '--yes', ...store.to], env);
    assert.match(kept.err, /is kept/);
    const pruned = await onedge(cwd, ['prune', 'digits', '--older-than', '0', '--yes', ...store.to], env);
    assert.equal(pruned.status, 0, pruned.err);
    assert.deepEqual(left(), []);
  });
}

/** The number of the call that uploads the archive or its first chunk. */
async function callsUntilArchive(t, store) {
  const { cwd, state, env } = fakeProject(t);
  await onedge(cwd, ['deploy', models.digits, ...store.to], env);
  return 1 + callsOf(state).findIndex((call) => /put .*\.onedge/.test(call));
}

test('what wrangler says is passed on; what it cannot upload is refused before', async (t) => {
  const { cwd, state, env } = fakeProject(t);
  const { status, err } = await onedge(cwd, ['deployments', '--to', 'r2:models'], env);
  assert.equal(status, 1);
  assert.match(err, /^onedge: wrangler r2 object get failed \(1\): In a non-interactive environment, .*CLOUDFLARE_API_TOKEN$/m);
  const large = path.join(cwd, 'large.onedge');
  packageWithZeros(models.digits, large, 301 << 20);
  const refused = await onedge(cwd, ['deploy', large, ...stores.r2.to], env);
  assert.equal(refused.status, 1);
  assert.match(refused.err, /bytes: wrangler uploads at most 300 MiB/);
  assert.deepEqual(callsOf(state).filter((call) => !/ get /.test(call)), []);
});

test('kv: a model of several chunks, and what an interrupted upload of it left', async (t) => {
  const { cwd, state, env } = fakeProject(t);
  const large = path.join(cwd, 'large.onedge');
  packageWithZeros(models.digits, large, 50 << 20);
  fileDigests[statSync(large).size] = sha256(readFileSync(large));
  const put = await callsUntilArchive(t, stores.kv);
  assert.equal((await onedge(cwd, ['deploy', large, ...stores.kv.to], { ...env, FAKE_FAULT: `${put + 1} after` })).status, 1);
  const chunks = () => readdirSync(state).filter((name) => /onedge/.test(name)).map((name) => [name.replace(/.*\.onedge/, ''), statSync(path.join(state, name)).size]);
  assert.deepEqual(chunks(), [['%2F0', 24 << 20], ['%2F1', 24 << 20]]);
  const pruned = await onedge(cwd, ['prune', 'digits', '--older-than', '0', '--yes', ...stores.kv.to], env);
  assert.equal(pruned.status, 0, pruned.err);
  assert.deepEqual(chunks(), []);
  const { status, err } = await onedge(cwd, ['deploy', large, ...stores.kv.to], env);
  assert.equal(status, 0, err);
  assert.deepEqual(soundTraffic(stores.kv, state, 'digits'), { '1.0.0': 100 });
  assert.equal(chunks().length, 4);
});
