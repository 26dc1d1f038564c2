// Turns: one run at a time, in the order in which they came.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { Turns } from '../../js/turns.js';

const noop = () => {};

/** A run of `count` steps that writes each into `log`, and holds the thread so long that it has to breathe after it. */
function run(log, name, count) {
  return () => {
    log.push(name);
    for (const end = performance.now() + 9; performance.now() < end; );
    return --count === 0 ? name : null;
  };
}

test('runs that come while another goes on have their turns in order, and none is interrupted', async () => {
  const turns = new Turns();
  const log = [];
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => turns.work(run(log, name, 3))));
  assert.deepEqual(answers, ['a', 'b', 'c', 'd']);
  assert.equal(log.join(''), 'aaabbbcccddd');
});

test('a run that comes between two others does not overtake the one that waits', async () => {
  const turns = new Turns();
  const log = [];
  const first = turns.work(run(log, 'a', 2));
  const second = turns.work(run(log, 'b', 2));
  const third = first.then(() => turns.work(run(log, 'c', 1)));
  await Promise.all([second, third]);
  assert.equal(log.join(''), 'aabbc');
});

test('a step that throws stops its run, and the next one has its turn', async () => {
  const turns = new Turns();
  const log = [];
  let steps = 0;
  const fails = () => {
    if (++steps === 2) throw new Error('out of luck');
    return null;
  };
  const failed = assert.rejects(turns.work(fails, { stop: () => log.push('stop') }), /out of luck/);
  const next = turns.work(run(log, 'b', 1), { stop: () => log.push('stop of b') });
  await failed;
  assert.equal(await next, 'b');
  assert.deepEqual(log, ['stop', 'b']);
});

test('a signal ends the wait at once, and leaves the run that goes on alone', async () => {
  const turns = new Turns();
  const log = [];
  const controller = new AbortController();
  const long = turns.work(run(log, 'a', 5));
  const waiting = turns.work(run(log, 'b', 1), { signal: controller.signal, stop: () => log.push('stop') });
  const last = turns.work(run(log, 'c', 1));
  controller.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.ok(log.length < 5, 'it waited for the end of the other run');
  assert.deepEqual(await Promise.all([long, last]), ['a', 'c']);
  assert.equal(log.join(''), 'aaaaac');
});

test('a wait leaves no listener at its signal', async () => {
  const turns = new Turns();
  const { signal } = new AbortController();
  const runs = [];
  for (let i = 0; i < 9; ++i) runs.push(turns.work(run([], i, 2), { signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 8);
  await Promise.all(runs);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});
