// `onedge serve` in the Worker's place: the same services, each a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { DATATYPES, files } from './models.mjs';

const program = 'build/native/onedge';
const running = new Set();
// A test that failed has not stopped its server, and the file would wait for it forever. Hooks of the file go first.
after(() => void setTimeout(() => running.forEach((child) => child.kill('SIGKILL')), 10_000).unref());

/** A server on a free port. @returns {Promise<{url: string, stop: () => Promise<number | string>, log: string[]}>} */
export async function startServer(...options) {
  const child = spawn(program, ['serve', ...(options.includes('--port') ? [] : ['--port', '0']), ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  // 'close', not 'exit': the log has been read to its end.
  const ended = new Promise((resolve) => child.on('close', (code, signal) => (running.delete(child), resolve(signal ?? code))));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  const url = /^onedge listens on (.*)$/.exec(first.value)?.[1];
  if (first.done) await ended;
  if (!url) throw new Error(`onedge serve ended: ${log.join('\n')}`);
  const stop = (signal = 'SIGTERM') => (child.kill(signal), ended);
  return { url, stop, log, pid: child.pid };
}

/** The models of the services `tiny` and `token` of worker.js as arguments. */
export function tinyModels(folder) {
  const named = {
    classifier: 'classifier-1.onedge', pair: 'pair.onnx', chain: 'chain.onnx',
    ...Object.fromEntries(['embedder', 'reranker', 'cutter', 'untyped', 'broken', 'fixed', 'every-token', 'one-label'].map((name) => [name, `${name}.onedge`])),
    ...Object.fromEntries(Object.keys(DATATYPES).map((datatype) => [`echo-${datatype}`, `echo-${datatype}.onnx`])),
  };
  for (const file of Object.values(named)) writeFileSync(join(folder, file), files[file]);
  return [...Object.entries(named).map(([name, file]) => `${name}=${join(folder, file)}`), 'langid=models/langid/langid-int8.onedge', 'digits=models/digits/digits.onedge'];
}

/** In the shape of wrangler's Worker, as setup.mjs uses it. */
export async function startNative() {
  const folder = mkdtempSync(join(tmpdir(), 'onedge-server-'));
  const models = tinyModels(folder);
  writeFileSync(join(folder, 'keys'), 'another\nsecret\n');
  const services = { tiny: await startServer(...models), token: await startServer(...models, '--api-keys', join(folder, 'keys')) };
  return {
    serviceUrl: (service) => services[service].url,
    fetch(url, init) {
      const [, service, rest] = /^http:\/\/worker\/([^/]*)(.*)$/.exec(url);
      return fetch(services[service].url + rest, init);
    },
    async dispose() {
      await Promise.all(Object.values(services).map(({ stop }) => stop()));
      rmSync(folder, { recursive: true });
    },
  };
}
