// Threads in Chromium, under a Content-Security-Policy without blob: and eval, with and without cross-origin isolation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ISOLATED, openChromium } from '../hosts/chromium.mjs';

async function withPage(headers, use) {
  const chromium = await openChromium('/tests/browser/page.js', undefined, headers);
  try {
    await chromium.page.waitForFunction(() => globalThis.onedge);
    await use(chromium.page, chromium.server.requests);
    assert.deepEqual(chromium.problems, []);
  } finally {
    await chromium.close();
  }
}

// The answers of each model on each number of threads, and what happens during a run.
const measure = async () => {
  const texts = Array.from({ length: 300 }, (_, i) => `Das ist der ${i}. Satz, und er ist nicht viel länger als die anderen.`);
  const results = [];
  for (const name of ['langid.onedge', 'langid-int8.onedge']) {
    for (const threads of [1, 2, 3]) {
      const model = await onedge.load(`/models/langid/${name}`, { threads, cache: false });
      // Timers, not frames: a busy machine draws few frames of a page that nobody sees.
      let events = 0;
      const timer = setInterval(() => ++events, 1);
      const answers = await model.run(texts, { topK: 5 });
      clearInterval(timer);
      results.push({ answers: JSON.stringify(answers), events, stats: model.stats() });
      model.dispose();
    }
  }
  return results;
};

test('a page that is cross-origin isolated has threads, with the same bits, and its events go on', async () => {
  await withPage(ISOLATED, async (page, requests) => {
    const results = await page.evaluate(measure);
    for (const [i, { answers, events, stats }] of results.entries()) {
      assert.equal(stats.threads, (i % 3) + 1);
      assert.equal(stats.build, i % 3 === 0 ? 'relaxed' : 'relaxed-threads');
      assert.equal(answers, results[i - (i % 3)].answers);
      assert.ok(events >= 3, `${events} events`);
    }
    assert.deepEqual(requests.filter((path) => path.endsWith('.wasm')).sort(), ['/dist/onedge-relaxed-threads.wasm', '/dist/onedge-relaxed.wasm']);
    for (let waits = 0; page.workers().length > 0 && waits < 200; ++waits) await sleep(10);
    assert.equal(page.workers().length, 0);
    const { build, threads, answer } = await page.evaluate(async () => {
      const model = await onedge.load('/models/langid/langid.onedge', { threads: 2, worker: true, cache: false });
      const [{ label }] = await model.run('Das ist ein ganz gewöhnlicher Satz.');
      const stats = model.stats();
      model.dispose();
      return { build: stats.build, threads: stats.threads, answer: label };
    });
    assert.deepEqual([build, threads, answer], ['relaxed-threads', 2, 'de']);
    // dispose() ends the worker, and the worker's own threads end with it.
    for (let waits = 0; page.workers().length > 0 && waits < 200; ++waits) await sleep(10);
    assert.equal(page.workers().length, 0);
  });
});

test('a page whose Content-Security-Policy forbids workers runs on one thread, and says why', async () => {
  const csp = { 'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'" };
  const chromium = await openChromium('/tests/browser/page.js', undefined, { ...ISOLATED, ...csp });
  try {
    await chromium.page.waitForFunction(() => globalThis.onedge);
    const { label, threads, threadsReason } = await chromium.page.evaluate(async () => {
      const model = await onedge.load('/models/langid/langid.onedge', { threads: 2, cache: false });
      const [{ label: first }] = await model.run('Das ist ein ganz gewöhnlicher Satz.');
      for (let waits = 0; model.stats().threads > 1 && waits < 200; ++waits) await new Promise((resolve) => setTimeout(resolve, 10));
      const [{ label: second }] = await model.run('Das ist ein ganz gewöhnlicher Satz.');
      const stats = model.stats();
      model.dispose();
      return { label: [first, second], ...stats };
    });
    assert.deepEqual([label, threads], [['de', 'de'], 1]);
    assert.match(threadsReason, /^the threads have failed: /);
  } finally {
    await chromium.close();
  }
});

test('another page runs on one thread, says why, and downloads nothing more', async () => {
  await withPage({}, async (page, requests) => {
    for (const { stats } of await page.evaluate(measure)) {
      assert.deepEqual([stats.build, stats.threads], ['relaxed', 1]);
    }
    const { threadsReason } = await page.evaluate(async () => {
      const model = await onedge.load('/models/langid/langid.onedge', { threads: 2, cache: false });
      const stats = model.stats();
      model.dispose();
      return stats;
    });
    assert.match(threadsReason, /not cross-origin isolated.*Cross-Origin-Opener-Policy: same-origin.*Cross-Origin-Embedder-Policy: require-corp/);
    assert.deepEqual(requests.filter((path) => path.includes('threads/') || /-threads\./.test(path)).sort(), ['/js/threads/start_browser.js', '/js/threads/thread_pool.js']);
  });
});
