// Parts that are tested without workerd: the version that each client gets, the description and its generated copy.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import openapi from '../../worker/openapi.js';
import { routes } from '../../worker/routes/table.js';
import { versionFor } from '../../worker/rollout.js';
import { serve } from '../../worker/serve.js';
import { files } from './models.mjs';
import { sha256 } from './onedge_package.mjs';
import { document, path, text } from './openapi.mjs';

test('rollouts: shares come out, clients stay, more traffic only adds', () => {
  const clients = Array.from({ length: 20_000 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
  const taken = (percent, name = 'm') => new Set(clients.filter((key) => versionFor([['1', 100 - percent], ['2', percent]], name, key) === '2'));
  let before = new Set();
  for (const percent of [0, 1, 10, 50, 90, 100]) {
    const now = taken(percent);
    assert.ok(Math.abs(now.size / clients.length - percent / 100) < 0.01, `${now.size} for ${percent} %`);
    for (const key of before) assert.ok(now.has(key));
    before = now;
  }
  const other = taken(50, 'n');
  const both = [...taken(50)].filter((key) => other.has(key)).length / clients.length;
  assert.ok(Math.abs(both - 0.25) < 0.02, `${both}: the same clients for every model`);
});

test('docs/openapi.yaml is OpenAPI 3.1, and the Worker has it as it is', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(path);
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, '3.1');
  assert.equal(openapi, text);
  execFileSync(process.execPath, ['scripts/generate_openapi.mjs', '--check'], { cwd: fileURLToPath(new URL('../..', import.meta.url)) });
});

test('the description has the routes that there are, no more and no fewer', () => {
  const described = Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).filter((key) => key !== 'parameters').map((method) => `${method.toUpperCase()} ${path}`));
  const there = routes.flatMap(({ path, methods }) => Object.keys(methods).map((method) => `${method} ${path}`));
  assert.deepEqual(described.sort(), there.sort());
  for (const { path, methods, open } of routes) {
    for (const method of Object.keys(methods)) assert.equal(Boolean(open), document.paths[path][method.toLowerCase()].security?.length === 1, `${path}: needs the token?`);
  }
});

test('in Node.js: a store of paths, URLs and bytes, held to their digests', async () => {
  const path = fileURLToPath(new URL('../../models/digits/digits.onedge', import.meta.url));
  const server = createServer((request, response) => response.end(files['embedder.onedge'])).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sources = { path, url: `http://127.0.0.1:${server.address().port}/embedder.onedge`, bytes: files['cutter.onedge'] };
  const digests = { path: sha256(readFileSync(path)), url: sha256(files['embedder.onedge']), bytes: sha256(files['cutter.onedge']), wrong: sha256(files['cutter.onedge']) };
  const models = Object.fromEntries(Object.entries(digests).map(([name, digest]) => [name, { file: name, digest: `sha256:${digest}` }]));
  const { fetch } = serve({ models, store: { open: async (name) => sources[name] ?? sources.path }, cache: false });
  const ask = async (name) => fetch(new Request(`http://worker/v2/models/${name}/ready`), {}, { waitUntil() {} });
  for (const name of ['path', 'url', 'bytes']) assert.deepEqual(await (await ask(name)).json(), { name, ready: true });
  const refused = await ask('wrong');
  assert.equal(refused.status, 503);
  assert.match((await refused.json()).error, new RegExp(`expected the digest ${digests.wrong}, got ${digests.path}`));
  server.closeAllConnections();
  server.close();
});

// In Node: wrangler's local mode does not tell a Worker that a client disconnected.
test('if the host reports that the client disconnected, the remaining texts are not run', async () => {
  const { fetch } = serve({ models: { embedder: 'embedder.onedge' }, store: { open: async (name) => new Response(files[name]) } });
  // Ten lengths, ten texts of each: at most eight of a length run together, so that there are twenty steps.
  const inputs = Array.from({ length: 100 }, (_, i) => Array((i % 10) + 1).fill('a').join(' '));
  const request = new Request('http://worker/embed', { method: 'POST', body: JSON.stringify({ inputs }), headers: { 'content-type': 'application/json' } });
  let steps = 0;
  const signal = {
    throwIfAborted() {
      if (++steps > 10) throw new DOMException('gone', 'AbortError');
    },
  };
  Object.defineProperty(request, 'signal', { value: signal });
  const response = await fetch(request, {}, { waitUntil() {} });
  assert.deepEqual([response.status, (await response.json()).error_type, steps], [499, 'CANCELLED', 11]);
});

test('a request of many texts lets others run between its steps', async () => {
  const { fetch } = serve({ models: { embedder: 'embedder.onedge' }, store: { open: async (name) => new Response(files[name]) } });
  const ask = async (inputs) => {
    const request = new Request('http://worker/embed', { method: 'POST', body: JSON.stringify({ inputs }), headers: { 'content-type': 'application/json' } });
    const response = await fetch(request, {}, { waitUntil() {} });
    assert.equal(response.status, 200);
    return response.json();
  };
  await ask('a');
  const order = [];
  const many = ask(Array.from({ length: 100 }, (_, i) => Array((i % 10) + 1).fill('a').join(' '))).then((vectors) => order.push('many') && vectors);
  const one = ask('a').then((vectors) => order.push('one') && vectors);
  assert.deepEqual((await many)[0], (await one)[0]);
  assert.deepEqual(order, ['one', 'many']);
});
