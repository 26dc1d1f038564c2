// Threads in WebAssembly: the same bits for any number, events during a run, and nothing left at the end.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { load, Session, Tensor } from 'onedge';
import { host, setHost } from '../../js/host.js';
import { instantiate } from '../../js/module.js';
import { node24 } from '../hosts/node.mjs';
import { sentences } from '../hosts/sentences.mjs';
import { chain, SIZE } from '../ort/chain.mjs';
import { OnnxWriter } from '../ort/onnx_writer.mjs';
import { parseTensor } from './tensor_proto.mjs';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const langid = path('models/langid/langid.onedge');
const build = process.env.ONEDGE_WASM;
const rows = (n) => new Tensor('float32', Float32Array.from({ length: n * SIZE }, (_, i) => i % 1000), [n, SIZE]);
const code = (value) => (error) => error.code === value;

const shared = process.env.ONEDGE_SHARED ?? path('../shared');

const osThreads = () => readdirSync('/proc/self/task').length;

/** Waits up to ten seconds for `is`. */
async function until(is) {
  for (let waits = 0; !(await is()) && waits < 1000; ++waits) await sleep(10);
}

/** Waits until these threads wait for work. They do not keep the process alive. */
async function joinedOf(started) {
  let joined = 0;
  for (const thread of started) thread.joined.then(() => ++joined);
  await until(() => joined === started.length);
}

const liveHandles = async () => (await instantiate({ build }, true)).exports.liveHandles();

after(async () => {
  await until(async () => (await liveHandles()) === 0); // a pool waits for its threads
  assert.equal(await liveHandles(), 0, 'handles are still alive in the module with threads');
});

/** Runs `use` where the host starts threads in another way. */
async function withHost(startPoolThread, use) {
  const before = host.startPoolThread;
  setHost({ startPoolThread: (message, failed) => startPoolThread(message, failed, before) });
  try {
    return await use();
  } finally {
    setHost({ startPoolThread: before });
  }
}

// [n, 256] through products, a softmax and a normalization that are large enough to be shared out.
function products() {
  const model = new OnnxWriter(17);
  const random = (count, seed) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed) % 0.1);
  let y = model.input('x', ['n', 256]);
  for (let layer = 0; layer < 3; ++layer) {
    const product = model.node('MatMul', [y, model.constant([256, 256], random(65536, layer))]);
    const normal = model.node('LayerNormalization', [product, model.constant([256], random(256, 7)), model.constant([256], random(256, 8))]);
    y = model.node('Softmax', [model.node('Tanh', [normal])], {});
  }
  model.node('Identity', [y], {}, ['y']);
  model.output('y', ['n', 256]);
  return new Uint8Array(model.finish());
}

for (const name of ['langid.onedge', 'langid-int8.onedge']) {
  test(`${name} gives the same bits on 1, 2 and 3 threads`, async () => {
    const texts = [...sentences, sentences.join(' ')];
    const answers = [];
    for (const threads of [1, 2, 3]) {
      const model = await load(path(`models/langid/${name}`), { build, threads });
      const stats = model.stats();
      assert.deepEqual([stats.threads, stats.threadsReason], [threads, 'asked for']);
      assert.equal(stats.build.endsWith('-threads'), threads > 1);
      answers.push(await model.run(texts, { topK: 50 }));
      model.dispose();
    }
    assert.deepEqual(answers[1], answers[0]);
    assert.deepEqual(answers[2], answers[0]);
  });
}

for (const name of ['tinybert-tribuo', 'zoo-mobilenetv2-12', 'zoo-mobilenetv2-12-int8', 'squeezenet-fp16', 'silero_vad_16k_op15']) {
  const folder = `${shared}/data/models/${name}`;
  test(`${name} gives the same bits on 1, 2 and 3 threads`, { skip: !existsSync(folder) && `no ${folder}` }, async () => {
    const results = [];
    for (const threads of [1, 2, 3]) {
      const session = await Session.create(`${folder}/model.onnx`, { build, threads });
      const inputs = readdirSync(`${folder}/test_data_set_ort`).filter((file) => file.startsWith('input_'));
      const feeds = Object.fromEntries(inputs.map((file) => {
        const { name: input, dtype, data, dims } = parseTensor(readFileSync(`${folder}/test_data_set_ort/${file}`));
        return [input, new Tensor(dtype, data, dims)];
      }));
      const rounds = [];
      for (let round = 0; round < 3; ++round) rounds.push(await session.run(feeds));
      results.push(rounds);
      session.dispose();
    }
    assert.deepEqual(results[1], results[0]);
    assert.deepEqual(results[2], results[0]);
  });
}

test('a run lets timers run, stops at a signal, and gives the numbers of one thread', async () => {
  const session = await Session.create(chain(), { build, threads: 2 });
  let n = 64;
  for (let spent = 0; spent < 150; n *= 2) {
    const started = performance.now();
    await session.run({ x: rows(n) });
    spent = performance.now() - started;
  }
  let ticks = 0;
  const timer = setInterval(() => ++ticks, 1);
  const { y } = await session.run({ x: rows(n) });
  clearInterval(timer);
  assert.ok(ticks >= 3, `${ticks} ticks`);
  assert.deepEqual(y.data, rows(n).data);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(session.run({ x: rows(n) }, { signal: controller.signal }), { name: 'AbortError' });
  assert.deepEqual((await session.run({ x: rows(5) })).y.data, rows(5).data);
  session.dispose();
});

test('sessions with different numbers of threads run at once', async () => {
  const bytes = products();
  const x = new Tensor('float32', Float32Array.from({ length: 700 * 256 }, (_, i) => Math.cos(i)), [700, 256]);
  const one = await Session.create(bytes, { build, threads: 1 });
  const expected = (await one.run({ x })).y.data;
  const others = await Promise.all([2, 3, 2, 4, 3].map((threads) => Session.create(bytes, { build, threads })));
  for (let round = 0; round < 3; ++round) {
    const results = await Promise.all(others.map((session) => session.run({ x })));
    for (const { y } of results) assert.deepEqual(y.data, expected);
  }
  for (const session of [one, ...others]) session.dispose();
});

test('a memory limit holds', async () => {
  await assert.rejects(load(langid, { build, threads: 2, memoryLimit: 100_000 }), code('RESOURCE_EXHAUSTED'));
  const session = await Session.create(chain(), { build, threads: 2, memoryLimit: 20e6 });
  await assert.rejects(session.run({ x: rows(20_000) }), code('RESOURCE_EXHAUSTED'));
  assert.deepEqual((await session.run({ x: rows(500) })).y.data, rows(500).data);
  session.dispose();
});

test('the threads end with the last model that uses them', { skip: !existsSync('/proc/self/task') }, async () => {
  const become = async (count) => {
    await until(() => osThreads() === count);
    assert.equal(osThreads(), count);
  };
  await sleep(100); // those of earlier tests
  const before = osThreads();
  const first = await load(langid, { build, threads: 3 });
  const session = await first.session();
  const second = await load(langid, { build, threads: 3 });
  await become(before + 2);
  first.dispose();
  second.dispose();
  await sleep(50);
  assert.equal(osThreads(), before + 2);
  await assert.rejects(second.session(), code('INVALID_ARGUMENT'));
  session.dispose();
  await become(before);
  const again = await load(langid, { build, threads: 3 });
  await become(before + 2);
  again.dispose();
  again.dispose();
  await become(before);
});

test('models come and go while their threads start', async () => {
  for (let i = 0; i < 20; ++i) {
    const model = await load(langid, { build, threads: 2 + (i % 3) });
    if (i % 2) assert.equal((await model.run('Das ist ein ganz gewöhnlicher Satz.'))[0].label, 'de');
    model.dispose();
  }
});

test('a process with threads ends by itself, with and without dispose()', async () => {
  for (const end of ['', 'model.dispose();', 'process.exit(0);']) {
    const script = `const { load } = await import('onedge'); const model = await load(${JSON.stringify(langid)}, { threads: 3 }); console.log((await model.run('Das ist ein ganz gewöhnlicher Satz.'))[0].label, model.stats().threads); ${end}`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: path(''), timeout: 60_000 });
    assert.equal(stdout, 'de 3\n');
  }
});

test('worker: true has threads, too', async () => {
  const model = await load(langid, { build, threads: 2, worker: true });
  const expected = await load(langid, { build });
  assert.deepEqual(await model.run(sentences.slice(0, 20)), await expected.run(sentences.slice(0, 20)));
  assert.equal(model.stats().threads, 2);
  model.dispose();
  expected.dispose();
});

test('the module of the option wasm decides', async () => {
  for (const [file, threads] of [['onedge-simd.wasm', 1], ['onedge-simd-threads.wasm', 2]]) {
    const wasm = await WebAssembly.compile(readFileSync(path(`dist/${file}`)));
    const model = await load(langid, { wasm, build: 'simd', threads: 2 });
    assert.equal(model.stats().threads, threads);
    assert.equal((await model.run('Das ist ein ganz gewöhnlicher Satz.'))[0].label, 'de');
    model.dispose();
    const { exports } = await instantiate({ wasm, build: 'simd' });
    await until(() => exports.liveHandles() === 0);
    assert.equal(exports.liveHandles(), 0);
  }
});

test('a host that refuses threads runs the model on one', async () => {
  const refuse = () => {
    throw new Error('no workers here');
  };
  const model = await withHost(refuse, () => load(langid, { build, threads: 2 }));
  const { threads, threadsReason } = model.stats();
  assert.equal(threads, 1);
  assert.match(threadsReason, /the threads have failed: no workers here/);
  assert.equal((await model.run('Das ist ein ganz gewöhnlicher Satz.'))[0].label, 'de');
  model.dispose();
});

test('threads that are ended between two runs are not missed', async () => {
  const started = [];
  const keep = (message, failed, start) => (started.push(start(message, failed)), started.at(-1));
  const model = await withHost(keep, () => load(langid, { build, threads: 3 }));
  const expected = await model.run(sentences);
  await joinedOf(started);
  for (const { stop } of started) stop();
  assert.deepEqual(await model.run(sentences), expected); // before this thread knows
  await until(() => model.stats().threads === 1);
  const { threads, threadsReason } = model.stats();
  assert.deepEqual([threads, threadsReason], [1, 'the threads have failed: a worker thread has ended']);
  assert.deepEqual(await model.run(sentences), expected);
  const next = await load(langid, { build, threads: 3 });
  assert.deepEqual([next.stats().threads, await next.run(sentences)], [3, expected]);
  model.dispose();
  next.dispose();
});

test('a thread that fails in a run is an error, in this and all later calls, and a new model works', async () => {
  // Its stack is at the lower end of the memory: the first task that needs it traps.
  const failing = (message, failed, start) => start({ ...message, words: [...message.words.slice(0, 3), 64, 0, message.words[5]] }, failed);
  const failedOnce = code('INTERNAL');
  const started = [];
  const keep = (...args) => (started.push(failing(...args)), started.at(-1));
  const model = await withHost(keep, () => load(langid, { build, threads: 2 }));
  const session = await model.session();
  await joinedOf(started);
  await assert.rejects(async () => {
    for (let i = 0; i < 100; ++i) await model.run(sentences); // the first task may be the caller's
  }, failedOnce);
  await assert.rejects(model.run('Das ist ein ganz gewöhnlicher Satz.'), failedOnce);
  await assert.rejects(session.run({}), failedOnce);
  assert.throws(() => model.stats(), failedOnce);
  await assert.rejects(model.session(), failedOnce);
  session.dispose();
  model.dispose();
  const next = await load(langid, { build, threads: 2 });
  assert.equal((await next.run('Das ist ein ganz gewöhnlicher Satz.'))[0].label, 'de');
  assert.equal(next.stats().threads, 2);
  next.dispose();
});

test('the option threads is checked', async () => {
  for (const threads of [0, -1, 1.5, 65, 'all', NaN]) {
    await assert.rejects(load(langid, { threads }), /threads: expected 'auto' or an integer from 1 to 64/);
  }
});

test('all this in Node 24', { skip: process.env.ONEDGE_IN_NODE24 }, async () => {
  const environment = { ...process.env, NODE_TEST_CONTEXT: undefined, ONEDGE_IN_NODE24: '1' };
  const { stdout } = await promisify(execFile)(node24, ['--test', '--test-reporter=tap', fileURLToPath(import.meta.url)], { cwd: path(''), env: environment, timeout: 300_000 });
  assert.match(stdout, /^# fail 0$/m);
  assert.match(stdout, /^# pass \d\d$/m);
});
