// load() in Chromium, under a Content-Security-Policy without blob: and eval: the Cache API and a worker.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openChromium } from '../hosts/chromium.mjs';

const langid = '/models/langid/langid.onedge';

let chromium;
let page;
before(async () => {
  chromium = await openChromium('/tests/browser/page.js');
  page = chromium.page;
  await page.waitForFunction(() => globalThis.onedge);
});
beforeEach(() => (chromium.server.requests.length = 0));
after(async () => {
  assert.deepEqual(chromium.problems, []);
  const live = await page.evaluate(async () => (await (await import('/js/module.js')).instantiate()).exports.liveHandles());
  assert.equal(live, 0, 'handles are still alive');
  await chromium.close();
});

const downloads = () => chromium.server.requests.filter((path) => path === langid).length;

test('the second load comes from the Cache API; a corrupt entry is fetched again', async () => {
  const load = () =>
    page.evaluate(async (url) => {
      const model = await onedge.load(url);
      const [best] = await model.run('Das ist ein ganz gewöhnlicher deutscher Satz.');
      const { cache } = model.stats();
      model.dispose();
      return [cache, best.label];
    }, langid);
  assert.deepEqual(await load(), ['stored', 'de']);
  assert.deepEqual(await load(), ['hit', 'de']);
  assert.equal(downloads(), 1);
  await page.evaluate(async () => {
    const [{ key }] = await onedge.caches.list();
    const store = await caches.open('onedge');
    const bytes = new Uint8Array(await (await store.match(key)).arrayBuffer());
    bytes[bytes.length >> 1] ^= 1;
    await store.put(key, new Response(bytes));
  });
  assert.deepEqual(await load(), ['stored', 'de']);
  assert.equal(downloads(), 2);
  assert.equal(await page.evaluate(() => onedge.caches.delete()), 1);
  assert.deepEqual(await page.evaluate(async () => (await (await caches.open('onedge')).keys()).length), 0);
});

test('a worker gives the same answers, keeps the page alive, and stops what is aborted', async () => {
  const result = await page.evaluate(async (url) => {
    const sentence = 'Das ist ein ganz gewöhnlicher deutscher Satz.';
    const here = await onedge.load(url, { cache: false });
    const expected = await here.run(sentence, { topK: 3 });
    here.dispose();
    const model = await onedge.load(url, { worker: true });
    const answer = await model.run(sentence, { topK: 3 });
    let events = 0;
    const timer = setInterval(() => ++events, 1);
    const texts = Array(300).fill(sentence);
    await model.run(texts);
    clearInterval(timer);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const aborted = await model.run(texts, { signal: controller.signal }).catch((error) => error.name);
    const again = await model.run(sentence, { topK: 3 });
    const { ids } = await model.tokenizer.encode(sentence);
    const fromBlob = await onedge.load(await (await fetch(url)).blob(), { worker: true });
    const stream = await onedge.load((await fetch(url)).body, { worker: true });
    const others = [await fromBlob.run(sentence, { topK: 3 }), await stream.run(sentence, { topK: 3 })];
    for (const one of [model, fromBlob, stream]) one.dispose();
    await onedge.caches.delete();
    return { expected, answer, events, aborted, again, tokens: ids.length, others };
  }, langid);
  assert.deepEqual(result.answer, result.expected);
  assert.deepEqual(result.again, result.expected);
  assert.deepEqual(result.others, [result.expected, result.expected]);
  assert.equal(result.aborted, 'AbortError');
  assert.ok(result.events > 3, `${result.events} events`);
  assert.ok(result.tokens > 5);
});

test('timers go on during a run on the thread of the page, and one of them can end it', async () => {
  const name = await page.evaluate(async (url) => {
    const model = await onedge.load(url, { cache: false, threads: 1 });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const name = await model.run(Array(2000).fill('Das ist ein ganz gewöhnlicher deutscher Satz.'), { signal: controller.signal }).catch((error) => error.name);
    model.dispose();
    return name;
  }, langid);
  assert.equal(name, 'AbortError');
});

test('200 loads and disposals keep wasm memory flat', async () => {
  const sizes = await page.evaluate(async () => {
    const bytes = await (await fetch('/models/digits/digits.onedge')).arrayBuffer();
    const found = new Set();
    for (let i = 0; i < 200; ++i) {
      const model = await onedge.load(bytes);
      await model.run({ data: new Uint8Array(256), width: 16, height: 16, channels: 1 });
      found.add(model.stats().wasmMemoryBytes);
      model.dispose();
    }
    return [...found];
  });
  assert.equal(sizes.length, 1);
});
