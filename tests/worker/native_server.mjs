// `onedge serve` in the Worker's place: the same services, each a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DATATYPES, files } from './models.mjs';

const program = 'build/native/onedge';

/** A server on a free port. @returns {Promise<{url: string, stop: () => Promise<number | string>, log: string[]}>} */
export async function startServer(...options) {
  const child = spawn(program, ['serve', ...(options.includes('--port') ? [] : ['--port', '0']), ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), ended]);
  const url = /^onedge listens on (.*)$/.exec(first.value)?.[1];
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
