// node tests/worker/measure.mjs [MODEL.onedge] [--text T] [--rounds N] [--json FILE]: what a model costs in an edge Worker (workerd): the start
// of an isolate, the first answer, warm answers, memory. Each round is a new workerd, asked over one loopback connection; the time of an
// empty answer is taken off. Wants Node 22 or newer (WebSocket, for the size of the JS heap): tests/engines has one. Run it with nothing else going on.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { text: { type: 'string', default: 'Bonjour tout le monde, comment allez-vous ?' }, rounds: { type: 'string', default: '7' }, json: { type: 'string' } },
});
const path = positionals[0] ?? join(here, '../../models/langid/langid-int8.onedge');
const model = readFileSync(path);
const WARM = 200; // answers

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The Worker as wrangler would bundle it: one script, the wasm modules beside it. */
async function bundle(folder) {
  const wasm = [];
  await build({
    entryPoints: [join(here, 'measured_worker.js')], outfile: join(folder, 'index.js'), bundle: true, minify: true, format: 'esm', conditions: ['workerd', 'worker'], logLevel: 'error',
    plugins: [{
      name: 'wasm',
      setup(bundler) {
        bundler.onResolve({ filter: /\.wasm$/ }, (found) => {
          const name = basename(found.path);
          wasm.push({ type: 'CompiledWasm', path: name, contents: readFileSync(join(found.resolveDir, found.path)) });
          return { path: `./${name}`, external: true };
        });
      },
    }],
  });
  return [{ type: 'ESModule', path: 'index.js', contents: readFileSync(join(folder, 'index.js'), 'utf8') }, ...wasm];
}

/** Bytes of the isolate's JS heap, garbage included, by the inspector. */
async function heapBytes(worker) {
  const url = String(await worker.getInspectorURL()).replace(/^ws/, 'http');
  const targets = await (await fetch(new URL('/json', url))).json();
  const socket = new WebSocket(targets.find(({ id }) => id.startsWith('core:user')).webSocketDebuggerUrl);
  const { result } = await new Promise((resolve, reject) => {
    socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }));
    socket.onmessage = ({ data }) => resolve(JSON.parse(data));
    socket.onerror = socket.onclose = () => reject(new Error('the inspector does not answer'));
  });
  socket.close();
  return result.usedSize;
}

async function round(modules) {
  const worker = new Miniflare({
    modules, compatibilityDate: '2025-06-01', kvNamespaces: ['STORE'], bindings: { DIGEST: createHash('sha256').update(model).digest('hex') }, inspectorPort: 0, cf: false,
  });
  const address = await worker.ready;
  const timed = async (path, init) => {
    const started = performance.now();
    const response = await fetch(new URL(path, address), init);
    const body = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status}: ${body.slice(0, 300)}`);
    return performance.now() - started;
  };
  try {
    const predict = () => timed('/predict', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: options.text, truncate: true }) });
    await timed('/fill', { method: 'POST', body: model });
    const empty = [];
    for (let i = 0; i < 50; ++i) empty.push(await timed('/nothing'));
    const base = median(empty);
    const instantiate = (await timed('/instantiate')) - base;
    const first = (await predict()) - base;
    const warm = [];
    for (let i = 0; i < WARM; ++i) warm.push((await predict()) - base);
    const { wasm } = await (await fetch(new URL('/memory', address))).json();
    const heap = typeof WebSocket === 'function' ? await heapBytes(worker) : NaN;
    return { base, instantiate, first, warm: median(warm), wasm, heap };
  } finally {
    await worker.dispose();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'onedge-edge-'));
const rounds = [];
try {
  const modules = await bundle(folder);
  for (let i = 0; i < Number(options.rounds); ++i) rounds.push(await round(modules));
} finally {
  rmSync(folder, { recursive: true });
}
const of = (name) => median(rounds.map((one) => one[name]));
const rows = [
  { name: 'isolate start: instantiate the module', ours_ms: of('instantiate'), target: 20 },
  { name: 'cold first answer, model in the local store', ours_ms: of('first'), target: 50 },
  { name: 'warm answer', ours_ms: of('warm'), target: 5 },
  { name: 'wasm memory', ours: of('wasm') / 1e6, unit: 'MB' },
  { name: 'JS heap', ours: of('heap') / 1e6, unit: 'MB' },
];
console.log(`${basename(path)}, ${(model.length / 1e6).toFixed(1)} MB, workerd, ${rounds.length} rounds, an empty answer takes ${of('base').toFixed(2)} ms`);
for (const { name, ours_ms, ours, unit, target } of rows) {
  console.log(`${name.padEnd(46)} ${(ours_ms ?? ours).toFixed(2).padStart(9)} ${ours_ms === undefined ? unit : 'ms'}${target ? `   at most ${target}` : ''}`);
}
if (options.json) writeFileSync(options.json, JSON.stringify({ rows: rows.map((row) => ({ host: 'workerd', model: basename(path), ...row })) }, null, 1));
