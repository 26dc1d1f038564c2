// Calls of the core's contract, over a handle that stands for the wasm module's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Contract } from '../../worker/contract.js';
import { responseTo } from '../../worker/errors.js';
import { serve } from '../../worker/serve.js';

const limits = { maxBatch: 1, maxTokens: 1, maxBatchTokens: 1 };
const answer = { contentType: 'application/json', body: new TextEncoder().encode('{}') };

/** A session with room for the run of one call, which the first to step takes. */
class Handle {
  stopped = [];
  #next = 0;
  #owner;
  start() {
    return this.#next++;
  }
  tokens() {
    return 1;
  }
  step(call) {
    if (this.#owner === undefined) this.#owner = call;
    else if (this.#owner === call) return answer;
    return undefined;
  }
  stop(call) {
    this.stopped.push(call);
    if (this.#owner === call) this.#owner = undefined;
  }
  delete() {}
}
const start = (contract) => contract.start('infer', new Uint8Array(), { jsonLength: null, limits });

test('a call whose request the host ended in the middle of a run does not hold the others up for ever', (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const handle = new Handle();
  const contract = new Contract(handle);
  const [lost, other] = [start(contract), start(contract)];
  assert.equal(lost.step(), undefined);
  for (let i = 0; i < 9; ++i) {
    t.mock.timers.tick(3000);
    assert.equal(other.step(), undefined);
  }
  assert.deepEqual(handle.stopped, []);
  t.mock.timers.tick(6000);
  assert.equal(other.step(), undefined, 'it begins');
  assert.deepEqual(handle.stopped, [0]);
  assert.equal(other.step().status, 200);
  assert.throws(() => lost.step(), { code: 'UNAVAILABLE' });
});

test('a call that is stopped has ended, and stopping it again ends no other', () => {
  const handle = new Handle();
  const contract = new Contract(handle);
  const call = start(contract);
  call.step();
  call.stop();
  call.stop();
  assert.deepEqual(handle.stopped, [0]);
});

test('a refusal to start is an error', () => {
  const contract = new Contract({ start: () => ({ error: { code: 'INVALID_ARGUMENT', message: "limit 'tokens'" } }) });
  assert.throws(() => start(contract), { code: 'INVALID_ARGUMENT', message: /limit 'tokens'/ });
});

test('a run that was cancelled is 499', () => {
  assert.equal(responseTo(Object.assign(new Error('cancelled'), { code: 'CANCELLED' })).status, 499);
});

test('options: undefined is the default, and a limit that is not a number is refused', async () => {
  const ask = async (options) => {
    const { fetch } = serve({ models: { m: 'm.onedge' }, store: { open: async () => null }, ...options });
    return fetch(new Request('http://worker/health'), {}, { waitUntil() {} });
  };
  assert.equal((await ask({ maxTokens: undefined, maxBytes: undefined })).status, 200);
  for (const maxBatch of ['64', NaN, null, -1]) {
    const response = await ask({ maxBatch });
    assert.equal(response.status, 500);
    assert.match((await response.json()).error, /options: maxBatch: expected a number from 0 on/);
  }
});
