// Long runs let the host handle events, stop at a signal, and take turns.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, Session, Tensor } from 'onedge';
import { chain, SIZE } from '../ort/chain.mjs';

const build = process.env.ONEDGE_WASM;
const rows = (n, first = 0) => new Tensor('float32', Float32Array.from({ length: n * SIZE }, (_, i) => first + (i % 1000)), [n, SIZE]);

// The milliseconds of a run over `n` rows, and an `n` that takes many slices.
async function longRows(run) {
  for (let n = 64; ; n *= 2) {
    const started = performance.now();
    await run(n);
    if (performance.now() - started > 150) return n;
  }
}

for (const [kind, open] of [
  ['a session', () => Session.create(chain(), { build })],
  ['a model', () => load(chain(), { build })],
]) {
  test(`a long run of ${kind} lets timers run, and gives the numbers of a short one`, async () => {
    const session = await open();
    const n = await longRows((n) => session.run({ x: rows(n) }));
    let ticks = 0;
    const timer = setInterval(() => ++ticks, 1);
    const { y } = await session.run({ x: rows(n) });
    clearInterval(timer);
    assert.ok(ticks >= 3, `${ticks} ticks`);
    assert.deepEqual(y.data, rows(n).data);
    session.dispose();
  });

  test(`a signal stops a run of ${kind} that has started, and the next one is answered`, async () => {
    const session = await open();
    const n = await longRows((n) => session.run({ x: rows(n) }));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(session.run({ x: rows(n) }, { signal: controller.signal }), { name: 'AbortError' });
    const { y } = await session.run({ x: rows(2) });
    assert.deepEqual(y.data, rows(2).data);
    session.dispose();
  });

  test(`runs of ${kind} at the same time take turns`, async () => {
    const session = await open();
    const n = await longRows((n) => session.run({ x: rows(n) }));
    const order = [];
    const run = async (name, count, first, signal) => {
      const { y } = await session.run({ x: rows(count, first) }, { signal });
      order.push(name);
      return y.data;
    };
    const impatient = new AbortController();
    const runs = [run('long', n, 0), run('short', 1, 7), assert.rejects(run('aborted', 1, 9, impatient.signal), { name: 'AbortError' }), run('last', 2, 5)];
    impatient.abort();
    const [long, short, , last] = await Promise.all(runs);
    assert.deepEqual(order, ['long', 'short', 'last']);
    assert.deepEqual([long, short, last], [rows(n, 0).data, rows(1, 7).data, rows(2, 5).data]);
    session.dispose();
  });

  test(`three long runs of ${kind} at the same time each give their own numbers`, async () => {
    const session = await open();
    const n = await longRows((n) => session.run({ x: rows(n) }));
    const answers = await Promise.all([1, 2, 3].map((first) => session.run({ x: rows(n, first) })));
    answers.forEach(({ y }, i) => assert.deepEqual(y.data, rows(n, i + 1).data));
    session.dispose();
  });

  test(`a run of ${kind} whose step throws is over, and the next one gives its own numbers`, async () => {
    const session = await open();
    const n = await longRows((n) => session.run({ x: rows(n) }));
    let polls = 0;
    const cancelled = () => {
      if (++polls === 20) throw new RangeError('out of polls');
      return false;
    };
    await assert.rejects(session.run({ x: rows(n) }, { cancelled }), /out of polls/);
    const { y } = await session.run({ x: rows(2, 7) });
    assert.deepEqual(y.data, rows(2, 7).data);
    session.dispose();
  });

  test(`${kind} that is disposed of in the middle of a run rejects it`, async () => {
    const session = await open();
    const n = await longRows((n) => session.run({ x: rows(n) }));
    const run = session.run({ x: rows(n) });
    session.dispose();
    await assert.rejects(run, { code: 'INVALID_ARGUMENT', message: /disposed of/ });
  });
}

test('a short run is over when run() returns to its caller', async () => {
  const session = await Session.create(chain(SIZE), { build });
  await session.run({ x: rows(1) });
  let macrotask = false;
  const immediate = setImmediate(() => (macrotask = true));
  for (let i = 0; i < 5; ++i) await session.run({ x: rows(1) });
  assert.equal(macrotask, false, 'a short run waited for the event loop');
  clearImmediate(immediate);
  session.dispose();
});

test('the outputs of a run that goes on are its own, not those of a session beside it', async () => {
  const [a, b] = await Promise.all([Session.create(chain(), { build }), Session.create(chain(), { build })]);
  const n = await longRows((n) => a.run({ x: rows(n) }));
  const [one, two] = await Promise.all([a.run({ x: rows(n, 1) }), b.run({ x: rows(n, 2) })]);
  assert.deepEqual([one.y.data, two.y.data], [rows(n, 1).data, rows(n, 2).data]);
  a.dispose();
  b.dispose();
});
