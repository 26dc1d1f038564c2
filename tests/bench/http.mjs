// Workload: requests a second over HTTP, 64 connections, one text of mixed length each: `onedge serve` beside a Node.js
// server around onnxruntime-node and Hugging Face's tokenizers (http_contestant.mjs), in turns. Every answer must be
// the one that the same server gave to a single request.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { median } from './engine.mjs';
import { generated } from './generated.mjs';
import { NotMeasured } from './not_measured.mjs';
import { node, root, shared } from './places.mjs';
import { targetOf } from './targets.mjs';

const CONNECTIONS = 64;
const SECONDS = 5;
const MAX_ROUNDS = 3;
const THREADS = 2;
const TEXTS = 200;

const models = {
  langid: { package: () => `${root}/models/langid/langid.onedge`, route: '/predict' },
  'minilm-int8': { package: () => generated('minilm-int8.onedge'), onnx: () => generated('minilm-int8.onnx'), tokenizer: () => generated('wordpiece.json'), route: '/embed' },
};

/** A server that prints its address as the last word of its first line. */
async function serve(...command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (!value) throw new Error(`${command.join(' ')} ended early`);
  return { url: new URL(value.split(' ').at(-1)), stop: () => child.kill('SIGKILL') };
}

function ask(agent, url, route, text) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, host: url.hostname, port: url.port, path: route, method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part)).on('end', () => {
        const body = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${response.statusCode}: ${body.slice(0, 200)}`));
      });
    });
    request.on('error', reject).end(JSON.stringify({ inputs: text }));
  });
}

/** Requests a second. */
async function load(url, route, texts) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const expected = [];
  for (const text of texts) expected.push(await ask(agent, url, route, text));
  const started = performance.now();
  const end = started + SECONDS * 1000;
  let answers = 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, async (_, i) => {
    for (let at = i * 7; performance.now() < end; ++at) {
      const k = at % texts.length;
      if ((await ask(agent, url, route, texts[k])) !== expected[k]) throw new Error(`another answer under load: ${texts[k]}`);
      ++answers;
    }
  }));
  agent.destroy();
  return (1000 * answers) / (performance.now() - started);
}

async function* rows(name, rounds) {
  const source = `${shared}/data/text/banking77_train.csv`;
  if (!existsSync(source)) throw new NotMeasured('there are no shared texts');
  const lines = readFileSync(source, 'utf8').split('\n').slice(1).map((line) => line.replace(/,\w+\s*$/, '').replace(/^"|"$/g, '')).filter((line) => line && !line.includes('"'));
  const texts = Array.from({ length: TEXTS }, (_, i) => lines.slice(i, i + 1 + (i % 4)).join(' '));
  const folder = mkdtempSync(`${os.tmpdir()}/onedge-bench-`);
  const servers = [];
  try {
    const { route } = models[name];
    if (!models[name].onnx) execFileSync('unzip', ['-q', models[name].package(), '-d', folder]);
    const files = models[name].onnx ? [models[name].onnx(), models[name].tokenizer()] : [`${folder}/model.onnx`, `${folder}/tokenizer.json`];
    servers.push(await serve(`${root}/build/native/onedge`, 'serve', models[name].package(), '--port', '0', '--sessions', String(THREADS), '--quiet'));
    servers.push(await serve(node, `${root}/tests/bench/http_contestant.mjs`, ...files, route, String(THREADS)));
    const figures = servers.map(() => []);
    for (let i = 0; i < Math.min(rounds, MAX_ROUNDS); ++i) {
      for (const [k, { url }] of servers.entries()) figures[k].push(await load(url, route, texts));
    }
    const [ours, theirs] = figures.map(median);
    yield { name: `http ${name}, ${CONNECTIONS} connections`, host: 'native', build: 'native', threads: THREADS, ours, theirs, unit: 'requests/s', peer: 'onnxruntime-node + tokenizers', ratio: ours / theirs, ...targetOf('http') };
  } finally {
    servers.forEach(({ stop }) => stop());
    rmSync(folder, { recursive: true });
  }
}

/** [{name, rows(rounds)}] */
export const httpWorkloads = Object.keys(models).map((name) => ({ name: `http ${name}`, rows: (rounds) => rows(name, rounds) }));
