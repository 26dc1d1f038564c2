// worker/template, which users copy: three lines, with the shipped models as its models.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unstable_startWorker } from 'wrangler';

const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url));

test('the template answers, and does not give its models away', async () => {
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
  const worker = await unstable_startWorker({
    config: pathOf('../../worker/template/wrangler.jsonc'),
    assets: pathOf('../../models/langid'),
    dev: { server: { hostname: '127.0.0.1', port: 0 }, inspector: false, logLevel: 'error', persist: false },
  });
  try {
    await worker.ready;
    const headers = { 'content-type': 'application/json' };
    const response = await worker.fetch('http://worker/predict', { method: 'POST', headers, body: JSON.stringify({ inputs: 'Bonjour tout le monde' }) });
    const answer = await response.json();
    assert.equal(response.status, 200, answer.error);
    assert.equal(answer[0].label, 'fr');
    assert.equal((await worker.fetch('http://worker/langid-int8.onedge')).status, 404);
  } finally {
    await worker.dispose();
  }
});

test('the template has three lines, which are those of docs/workers.md', () => {
  const index = readFileSync(pathOf('../../worker/template/index.js'), 'utf8');
  assert.equal(index.trimEnd().split('\n').length, 3);
  assert.ok(readFileSync(pathOf('../../docs/workers.md'), 'utf8').includes(`\`\`\`js\n${index}\`\`\``));
});
