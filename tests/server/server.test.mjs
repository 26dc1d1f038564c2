// `onedge serve` as a server: what the contract (tests/worker, which scripts/test runs against it, too) does not say:
// connections, limits, overload, deadlines, the end.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../worker/native_server.mjs';

const model = 'models/langid/langid-int8.onedge';
const french = 'Bonjour tout le monde, comment allez-vous ?';
const folder = mkdtempSync(join(tmpdir(), 'onedge-server-'));
let server;
before(async () => (server = await startServer(model, '--sessions', '1')));
after(async () => {
  assert.equal(await server.stop(), 0);
  rmSync(folder, { recursive: true });
});

const predict = (url, inputs, init = {}) =>
  fetch(`${url}/predict`, { method: 'POST', body: JSON.stringify({ inputs }), ...init, headers: { 'content-type': 'application/json', ...init.headers } });
const texts = (count) => Array.from({ length: count }, (_, i) => [`Das ist der ${i}. Satz, und er ist nicht länger als die anderen.`]);
const portOf = (url) => Number(new URL(url).port);

/** Sends bytes on a connection of its own; resolves with all that came once the server has closed it. */
function raw(url, ...pieces) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(portOf(url), '127.0.0.1');
    let said = '';
    socket.setEncoding('latin1').on('data', (text) => (said += text)).on('close', () => resolve(said)).on('error', reject);
    for (const piece of pieces) socket.write(piece);
  });
}

test('an answer, its headers, and the metrics that count it', async () => {
  const response = await predict(server.url, french, { headers: { 'x-request-id': 'my-id' } });
  assert.equal(response.status, 200);
  assert.equal((await response.json())[0].label, 'fr');
  assert.deepEqual(['x-onedge-model', 'x-request-id', 'access-control-allow-origin'].map((name) => response.headers.get(name)), ['langid-int8@1.0.0', 'my-id', '*']);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /^onedge_requests_total\{model="langid-int8@1\.0\.0",route="\/predict",status="200"\} \d+$/m);
  assert.match(metrics, /^onedge_run_duration_seconds_count\{model="langid-int8@1\.0\.0"\} \d+$/m);
  assert.match(metrics, /^onedge_tokens_total\{model="langid-int8@1\.0\.0"\} \d+$/m);
  const line = server.log.map((one) => JSON.parse(one)).find(({ id }) => id === 'my-id');
  assert.deepEqual([line.method, line.route, line.model, line.status], ['POST', '/predict', 'langid-int8@1.0.0', 200]);
  assert.ok(!server.log.some((one) => one.includes('Bonjour')), 'no text is logged');
});

test('the page names the model', async () => {
  const page = await (await fetch(server.url)).text();
  assert.match(page, /langid-int8/);
});

test('requests that come at once on one connection are answered in order', async () => {
  const request = (path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const said = await raw(server.url, request('/v2/health/live') + request('/v2') + request('/nowhere') + 'GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  assert.deepEqual([...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), ['200', '200', '404', '200']);
});

test('HTTP/1.0, HEAD, Expect: 100-continue, chunks', async () => {
  assert.match(await raw(server.url, 'GET /v2/health/live HTTP/1.0\r\n\r\n'), /^HTTP\/1\.0 200[^]*\{"live":true\}$/);
  assert.match(await raw(server.url, 'HEAD /v2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 200[^]*content-length: 67\r\n([^{]*\r\n)?\r\n$/i);
  const body = JSON.stringify({ inputs: french });
  const head = 'POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n';
  assert.match(await raw(server.url, `${head}expect: 100-continue\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`, body), /^HTTP\/1\.1 100 [^]*HTTP\/1\.1 200 [^]*"fr"/);
  assert.match(await raw(server.url, `${head}transfer-encoding: chunked\r\n\r\n5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`), /^HTTP\/1\.1 200 [^]*"fr"/);
});

test('what is not HTTP, a header that is too long, a body that is too long', async () => {
  assert.match(await raw(server.url, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 [^]*the request is not HTTP/);
  assert.match(await raw(server.url, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`), /^HTTP\/1\.1 431 [^]*more than 32768 bytes/);
  const small = await startServer(model, '--max-body-bytes', '1000');
  const response = await predict(small.url, 'x'.repeat(100_000));
  assert.deepEqual([response.status, (await response.json()).error], [413, "the request's body has more than 1000 bytes"]);
  assert.equal((await predict(small.url, french)).status, 200);
  assert.equal(await small.stop(), 0);
});

test('a client that sends a byte now and then gets 408, and others are answered meanwhile', async () => {
  const patient = await startServer(model, '--read-timeout', '0.5');
  const socket = net.connect(portOf(patient.url), '127.0.0.1').on('error', () => {});
  let said = '';
  const closed = new Promise((resolve) => socket.setEncoding('latin1').on('data', (text) => (said += text)).on('end', resolve));
  socket.write('POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n');
  const timer = setInterval(() => socket.write('x'), 50);
  assert.equal((await predict(patient.url, french)).status, 200);
  await closed;
  clearInterval(timer);
  socket.destroy();
  assert.match(said, /^HTTP\/1\.1 408 [^]*the request did not arrive within 500 ms/);
  assert.equal(await patient.stop(), 0);
});

test('a client that has closed its sending side gets a clear answer', async () => {
  const socket = net.connect({ port: portOf(server.url), host: '127.0.0.1', allowHalfOpen: true });
  let said = '';
  socket.setEncoding('latin1').on('data', (text) => (said += text));
  const closed = new Promise((resolve) => socket.on('end', resolve));
  socket.end('GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n');
  await closed;
  assert.match(said, /^HTTP\/1\.1 200/);
});

test('a full queue is 429 at once, with Retry-After; the accepted requests are answered', async () => {
  const full = await startServer(model, '--sessions', '1', '--queue', '2', '--quiet');
  const all = await Promise.all(Array.from({ length: 12 }, async () => {
    const started = performance.now();
    const response = await predict(full.url, texts(100));
    const body = await response.json();
    return { status: response.status, retry: response.headers.get('retry-after'), body, milliseconds: performance.now() - started };
  }));
  const refused = all.filter(({ status }) => status === 429), answered = all.filter(({ status }) => status === 200);
  assert.equal(refused.length + answered.length, 12);
  assert.ok(answered.length >= 3 && refused.length >= 1, `${answered.length} answered`);
  for (const { retry, body } of refused) assert.deepEqual([retry, body.error_type], ['1', 'RESOURCE_EXHAUSTED']);
  for (const { body } of answered) assert.deepEqual(body, answered[0].body);
  assert.equal(await full.stop(), 0);
});

test('X-Request-Timeout ends a run that takes longer', async () => {
  const response = await predict(server.url, texts(128), { headers: { 'x-request-timeout': '0.001' } });
  assert.deepEqual([response.status, (await response.json()).error_type], [504, 'DEADLINE_EXCEEDED']);
  assert.equal((await predict(server.url, texts(3), { headers: { 'x-request-timeout': '30' } })).status, 200);
  const wrong = await predict(server.url, french, { headers: { 'x-request-timeout': 'soon' } });
  assert.deepEqual([wrong.status, (await wrong.json()).error], [422, "x-request-timeout: expected seconds, for example 0.5, got 'soon'"]);
});

test('the work for a client that is gone ends', async () => {
  const controller = new AbortController();
  const long = predict(server.url, texts(128), { signal: controller.signal }).catch((error) => error.name);
  await sleep(15);
  controller.abort();
  assert.equal(await long, 'AbortError');
  assert.equal((await predict(server.url, french)).status, 200);
  for (let waits = 0; !server.log.some((line) => JSON.parse(line).status === 499) && waits < 200; ++waits) await sleep(10);
  assert.ok(server.log.some((line) => JSON.parse(line).status === 499));
});

test('answers under load are those of a single request', async () => {
  const inputs = Array.from({ length: 24 }, (_, i) => ['Guten Morgen', french, 'Good evening, everybody', 'Hola, ¿qué tal estás hoy?'][i % 4].repeat(1 + (i % 3)));
  const ask = async (input) => (await predict(server.url, input)).json();
  const alone = [];
  for (const input of inputs) alone.push(await ask(input));
  for (let round = 0; round < 5; ++round) assert.deepEqual(await Promise.all(inputs.map(ask)), alone);
});

test('many connections that send nothing do not disturb', async () => {
  const sockets = await Promise.all(Array.from({ length: 500 }, () => new Promise((resolve, reject) => {
    const socket = net.connect(portOf(server.url), '127.0.0.1', () => resolve(socket)).on('error', reject);
  })));
  assert.equal((await predict(server.url, french)).status, 200);
  for (const socket of sockets) socket.destroy();
});

test('SIGTERM: what has begun is answered, idle connections end, the exit status is 0', async () => {
  const stopping = await startServer(model, '--sessions', '1');
  const idle = net.connect(portOf(stopping.url), '127.0.0.1').on('error', () => {});
  await new Promise((resolve) => idle.on('connect', resolve));
  const idleClosed = new Promise((resolve) => idle.on('close', resolve).resume());
  const answer = predict(stopping.url, texts(128));
  await sleep(20);
  const ended = stopping.stop();
  const response = await answer;
  assert.equal(response.status, 200);
  assert.equal((await response.json()).length, 128);
  await idleClosed;
  assert.equal(await ended, 0);
  await assert.rejects(predict(stopping.url, french));
});

test('a Unix socket', { skip: process.platform === 'win32' && 'no Unix sockets' }, async () => {
  const path = join(folder, 'socket');
  const local = await startServer(model, '--socket', path);
  assert.equal(local.url, `unix:${path}`);
  const body = await new Promise((resolve, reject) => {
    const request = http.request({ socketPath: path, path: '/v2/health/ready' }, (response) => response.setEncoding('utf8').on('data', resolve));
    request.on('error', reject).end();
  });
  assert.equal(body, '{"ready":true}');
  await assert.rejects(startServer(model, '--socket', path), /another server listens on it/);
  assert.equal(await local.stop(), 0);
  assert.ok(!existsSync(path));
  // A server that was killed leaves its socket behind.
  const killed = await startServer(model, '--socket', path);
  await killed.stop('SIGKILL');
  assert.ok(existsSync(path));
  const next = await startServer(model, '--socket', path);
  assert.equal(await next.stop(), 0);
});

test('a start that fails says why', async () => {
  await assert.rejects(startServer(model, '--port', String(portOf(server.url))), /cannot listen on 127\.0\.0\.1:\d+: Address already in use; --port takes another one/);
  await assert.rejects(startServer(join(folder, 'none.onedge')), /none\.onedge: No such file/);
  const half = join(folder, 'half.onedge');
  writeFileSync(half, 'PK\x03\x04 half');
  await assert.rejects(startServer(half), /half\.onedge/);
  await assert.rejects(startServer(model, model), /the model langid-int8@1\.0\.0 is given twice/);
  const keys = join(folder, 'keys');
  writeFileSync(keys, '\n\n');
  await assert.rejects(startServer(model, '--api-keys', keys), /the file has no keys/);
  assert.equal(spawnSync('build/native/onedge', ['serve']).status, 2);
});
