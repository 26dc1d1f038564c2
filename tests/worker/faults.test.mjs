// A store that fails in every way: each failure gets a clear error, and the next good request succeeds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { control, french, get, langidBytes, post, state, useWorker } from './setup.mjs';

useWorker();

const HANDLES_OF_A_MODEL = 3; // the model, its session, the contract

const ask = (id, init = {}) => post(`faulty:${id}/predict`, { inputs: french, ...init });
const right = async (response) => {
  const answer = await response.json();
  assert.equal(response.status, 200, answer.error);
  assert.equal(answer[0].label, 'fr');
};

const CASES = {
  404: [404, 'NOT_FOUND', /the store has no 'langid-int8.onedge'/],
  500: [503, 'UNAVAILABLE', /HTTP status 500/],
  throw: [503, 'UNAVAILABLE', /cannot open 'langid-int8.onedge': we encountered an internal error/],
  hang: [503, 'UNAVAILABLE', /stopped for 1 s opening/],
  stall: [503, 'UNAVAILABLE', /stopped for 1 s after 600000 of \d+ bytes/],
  short: [503, 'UNAVAILABLE', new RegExp(`the store gave ${langidBytes.length >> 1} of ${langidBytes.length} bytes`)],
  cut: [503, 'UNAVAILABLE', /broke off after 600000 bytes: connection reset/],
  flipped: [503, 'CORRUPT_FILE', /part 'weights.bin', byte \d+: its CRC-32 is wrong/],
  changed: [503, 'CORRUPT_FILE', /part 'weights.bin': its SHA-256 is [0-9a-f]{64}, manifest.json says/],
};
for (const [mode, [status, type, pattern]] of Object.entries(CASES)) {
  test(`the store: ${mode}`, async () => {
    await control(mode, { mode });
    const responses = await Promise.all([ask(mode), ask(mode)]);
    for (const response of responses) {
      const { error, error_type } = await response.json();
      assert.match(error, pattern);
      assert.deepEqual([response.status, error_type], [status, type], error);
    }
    await control(mode, { mode: 'sound' });
    await right(await ask(mode));
    await right(await ask(mode));
  });
}

test('the store: slow, and two requests during the first load get their answer from one load', async () => {
  await control('slow', { mode: 'slow', delay: 100 });
  const responses = await Promise.all([ask('slow'), ask('slow'), get('faulty:slow/v2/models/langid')]);
  await right(responses[0]);
  await right(responses[1]);
  assert.equal(responses[2].status, 200);
  assert.equal((await (await get('control/slow')).json()).opened, 1);
});

test('who waits too long is asked to come again, while the load goes on', async () => {
  await control('patient', { mode: 'slow', delay: 150 });
  const early = await ask('patient');
  assert.match((await early.json()).error, /still loading after 0.3 s: ask again/);
  assert.equal(early.status, 503);
  assert.ok(early.headers.get('retry-after'));
  for (let i = 0; (await ask('patient')).status !== 200; ++i) assert.ok(i < 50, 'it never loads');
  assert.equal((await (await get('control/patient')).json()).opened, 1);
});

test('a full cache does not stop a load', async () => {
  await right(await ask('full'));
  assert.match(await (await get('faulty:full/metrics')).text(), /onedge_model_loads_total\{model="langid",version="1.0.0",cache="none"\} 1/);
});

test('a request that is aborted during the first load: others get their answer, and nothing stays behind', async () => {
  await control('aborted', { mode: 'slow', delay: 100 });
  const controller = new AbortController();
  const aborted = post('faulty:aborted/predict', { inputs: french }, {}, { signal: controller.signal }).then(() => 'answered', () => 'aborted');
  const other = ask('aborted');
  setTimeout(() => controller.abort(), 150);
  assert.equal(await aborted, 'aborted');
  await right(await other);
  await right(await ask('aborted'));
  assert.equal((await (await get('control/aborted')).json()).opened, 1);
  assert.match(await (await get('faulty:aborted/metrics')).text(), /onedge_requests_in_flight 1\n/, 'only the one that asks');
});

test('the only request is aborted during the first load: the next one succeeds', async () => {
  await control('alone', { mode: 'slow', delay: 100 });
  const controller = new AbortController();
  const aborted = post('faulty:alone/predict', { inputs: french }, {}, { signal: controller.signal }).catch(() => 'aborted');
  setTimeout(() => controller.abort(), 150);
  assert.equal(await aborted, 'aborted');
  await right(await ask('alone'));
});

test('a request that is aborted in the middle of a batch', async () => {
  const inputs = Array(120).fill([french.repeat(6)]);
  assert.equal((await get('assets/v2/models/langid/ready')).status, 200);
  const controller = new AbortController();
  const aborted = post('assets/predict', { model: 'langid', inputs, truncate: true }, {}, { signal: controller.signal }).catch(() => 'aborted');
  setTimeout(() => controller.abort(), 200);
  assert.equal(await aborted, 'aborted');
  await right(await post('assets/predict', { model: 'langid', inputs: french }));
});

test('handles are those of the models that live', async () => {
  const ids = ['aborted', 'alone', 'full', 'patient', 'slow', ...Object.keys(CASES)];
  const health = await Promise.all([...ids.map((id) => `faulty:${id}`), 'assets'].map(async (service) => (await get(`${service}/health`)).json()));
  const loaded = health.reduce((sum, { loaded }) => sum + loaded.length, 0);
  assert.equal(loaded, ids.length + 1);
  assert.equal((await state()).liveHandles, loaded * HANDLES_OF_A_MODEL);
});
