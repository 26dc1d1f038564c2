// The packed package in a user's project: plain Node, TypeScript, a page without bundler, Vite, webpack, esbuild,
// wrangler.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build as esbuild } from 'esbuild';
import { unstable_startWorker } from 'wrangler';
import { ISOLATED, openChromium } from '../hosts/chromium.mjs';
import { node24 } from '../hosts/node.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'onedge-project-'));
const bundlers = (name) => import(pathToFileURL(execFileSync(process.execPath, ['-p', `require.resolve('${name}')`], { cwd: `${root}/tests/pack`, encoding: 'utf8' }).trim()));
const env = { ...process.env, ONEDGE_CACHE: join(project, 'cache') };

before(() => {
  // Installs it like npm, but without a registry.
  const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', project], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  mkdirSync(`${project}/node_modules/onedge`, { recursive: true });
  execFileSync('tar', ['xf', join(project, filename), '-C', `${project}/node_modules/onedge`, '--strip-components=1']);
  cpSync(fileURLToPath(new URL('project', import.meta.url)), project, { recursive: true });
  writeFileSync(`${project}/package.json`, '{"name": "project", "private": true, "type": "module"}');
  mkdirSync(`${project}/assets`);
  for (const folder of ['', '/assets', '/public']) cpSync(`${root}/models/langid/langid-int8.onedge`, `${project}${folder}/langid-int8.onedge`);
});
after(() => rmSync(project, { recursive: true }));

/** The label that the page shows, without and with a worker, in Chromium under its Content-Security-Policy. */
async function answersOf(folder, script, options = [{}, { worker: true }], headers = {}) {
  cpSync(`${root}/models/langid/langid-int8.onedge`, join(folder, 'langid-int8.onedge'));
  const chromium = await openChromium(script, folder, headers);
  try {
    await chromium.page.waitForFunction(() => globalThis.answer, undefined, { timeout: 10_000 }).catch(() => {});
    assert.deepEqual(chromium.problems, []);
    const answers = [];
    for (const one of options) answers.push(await chromium.page.evaluate((given) => globalThis.answer(given), one));
    assert.deepEqual(chromium.problems, []);
    return answers;
  } finally {
    await chromium.close();
  }
}

const ON_THREADS = [{ threads: 2 }, { threads: 2, worker: true }];

test('the package holds what it needs and nothing else', () => {
  const folder = `${project}/node_modules/onedge`;
  assert.deepEqual(readdirSync(folder).sort(), ['LICENSE', 'README.md', 'bin', 'dist', 'js', 'package.json', 'worker']);
  const names = readdirSync(`${folder}/dist`).sort();
  const kindsOf = (build) => (build.endsWith('threads') ? ['mjs', 'wasm'] : ['mjs', 'trim.json', 'wasm']);
  const builds = ['relaxed-threads', 'relaxed', 'simd-threads', 'simd'];
  assert.deepEqual(names, builds.flatMap((build) => kindsOf(build).map((kind) => `onedge-${build}.${kind}`)));
  for (const name of names) assert.ok(statSync(`${folder}/dist/${name}`).size > 10_000, name);
});

for (const [name, executable] of Object.entries({ 'this Node': process.execPath, 'Node 24': node24 })) {
  test(`plain ESM in ${name}`, () => {
    assert.equal(execFileSync(executable, ['node.mjs'], { cwd: project, env, encoding: 'utf8' }), 'de\nde\n');
  });
}

test('onedge deploy', () => {
  const onedge = (...args) => spawnSync(process.execPath, ['node_modules/onedge/bin/onedge.mjs', ...args, '--to', 'dir:store'], { cwd: project, env: { ...env, PATH: '' }, encoding: 'utf8' });
  const deployed = onedge('deploy', 'langid-int8.onedge');
  assert.equal(deployed.status, 0, deployed.stderr);
  assert.deepEqual(readdirSync(`${project}/store`).sort(), ['catalog.json', 'models']);
  writeFileSync(`${project}/model.onnx`, 'x');
  const refused = onedge('deploy', 'model.onnx');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /packing an \.onnx model needs onedge's native program, which is not in the npm package/);
});

test('onedge trim writes a module that load() takes', () => {
  const run = (...args) => spawnSync(process.execPath, args, { cwd: project, env: { ...env, PATH: '' }, encoding: 'utf8' });
  const trimmed = run('node_modules/onedge/bin/onedge.mjs', 'trim', 'langid-int8.onedge', '-o', 'trimmed', '--json');
  assert.equal(trimmed.status, 0, trimmed.stderr);
  const { files } = JSON.parse(trimmed.stdout);
  assert.deepEqual(files.map(({ file }) => file), ['onedge-relaxed.wasm', 'onedge-simd.wasm']);
  for (const { bytes, from } of files) assert.ok(bytes < from * 0.7, `${bytes} of ${from} bytes`);
  const script = `import { load } from 'onedge'; import { readFileSync } from 'node:fs';
    const model = await load('langid-int8.onedge', { build: 'simd', wasm: readFileSync('trimmed/onedge-simd.wasm') });
    const [best] = await model.run('Das ist ein ganz gewöhnlicher deutscher Satz.'); process.stdout.write(best.label);`;
  const answer = run('--input-type=module', '-e', script);
  assert.equal(answer.stdout, 'de', answer.stderr);
  const missing = run('node_modules/onedge/bin/onedge.mjs', 'trim', 'nowhere.onedge');
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /nowhere\.onedge/);
});

test('strict TypeScript compiles against the types', () => {
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--target', 'es2022', '--lib', 'es2023,dom,dom.iterable'];
  for (const resolution of [['--module', 'nodenext'], ['--module', 'esnext', '--moduleResolution', 'bundler']]) {
    execFileSync(`${root}/node_modules/.bin/tsc`, [...options, ...resolution, 'types.ts'], { cwd: project, encoding: 'utf8' });
  }
});

test('a page without a bundler', async () => {
  const page = join(project, 'page.js');
  writeFileSync(page, readFileSync(`${project}/app.js`, 'utf8').replace("'onedge'", "'/node_modules/onedge/js/browser.js'"));
  assert.deepEqual(await answersOf(project, '/page.js'), ['de', 'de']);
  assert.deepEqual(await answersOf(project, '/page.js', ON_THREADS, ISOLATED), ['de on 2', 'de on 2']);
});

test('Vite', async () => {
  const vite = await bundlers('vite');
  writeFileSync(`${project}/index.html`, '<!doctype html><script type="module" src="/app.js"></script>');
  await vite.build({ root: project, configFile: false, logLevel: 'silent', build: { outDir: 'vite', assetsInlineLimit: 0 } });
  const entry = readdirSync(`${project}/vite/assets`).find((name) => /^index.*\.js$/.test(name));
  assert.deepEqual(await answersOf(`${project}/vite`, `/assets/${entry}`), ['de', 'de']);
  assert.deepEqual(await answersOf(`${project}/vite`, `/assets/${entry}`, ON_THREADS, ISOLATED), ['de on 2', 'de on 2']);
});

test('webpack', async () => {
  const { default: webpack } = await bundlers('webpack');
  const stats = await new Promise((resolve, reject) =>
    webpack({ mode: 'production', context: project, entry: './app.js', output: { path: `${project}/webpack`, publicPath: '/' } }, (error, result) => (error ? reject(error) : resolve(result))),
  );
  assert.deepEqual(stats.toJson({ errors: true }).errors, []);
  assert.deepEqual(await answersOf(`${project}/webpack`, '/main.js'), ['de', 'de']);
  assert.deepEqual(await answersOf(`${project}/webpack`, '/main.js', ON_THREADS, ISOLATED), ['de on 2', 'de on 2']);
});

test('esbuild, which copies no files: the option wasm says where the module is', async () => {
  await esbuild({ absWorkingDir: project, entryPoints: ['app.js'], bundle: true, format: 'esm', splitting: true, outdir: 'esbuild', logLevel: 'silent' });
  cpSync(`${project}/node_modules/onedge/dist/onedge-simd.wasm`, `${project}/esbuild/onedge.wasm`);
  assert.deepEqual(await answersOf(`${project}/esbuild`, '/app.js', [{ wasm: '/onedge.wasm', build: 'simd' }]), ['de']);
});

test('wrangler', async () => {
  process.env.WRANGLER_SEND_METRICS = 'false';
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'; // otherwise miniflare asks the network for its location
  const worker = await unstable_startWorker({
    config: `${project}/wrangler.json`,
    dev: { server: { hostname: '127.0.0.1', port: 0 }, inspector: false, logLevel: 'error', persist: false },
  });
  try {
    await worker.ready;
    const response = await worker.fetch('http://worker/', { method: 'POST', body: 'Das ist ein ganz gewöhnlicher deutscher Satz.' });
    assert.equal((await response.json()).label, 'de');
  } finally {
    await worker.dispose();
  }
});

test('wrangler takes a trimmed module in the place of the whole one', async () => {
  const trimmed = spawnSync(process.execPath, ['node_modules/onedge/bin/onedge.mjs', 'trim', 'langid-int8.onedge', '-o', 'trimmed'], { cwd: project, env, encoding: 'utf8' });
  assert.equal(trimmed.status, 0, trimmed.stderr);
  writeFileSync(`${project}/trimmed_worker.js`, `
    import { load } from 'onedge';
    let model;
    export default {
      async fetch(request, env) {
        model ??= await load(await env.ASSETS.fetch('http://assets/langid-int8.onedge'));
        const [best] = await model.run(await request.text());
        const error = await model.run('x', { task: 'feature-extraction' }).catch(({ message }) => message);
        return Response.json({ label: best.label, error });
      },
    };`);
  const config = JSON.parse(readFileSync(`${project}/wrangler.json`, 'utf8'));
  const alias = Object.fromEntries(['relaxed', 'simd'].map((build) => [`onedge/dist/onedge-${build}.wasm`, `./trimmed/onedge-${build}.wasm.js`]));
  writeFileSync(`${project}/trimmed.json`, JSON.stringify({ ...config, main: 'trimmed_worker.js', alias }));
  const worker = await unstable_startWorker({
    config: `${project}/trimmed.json`,
    dev: { server: { hostname: '127.0.0.1', port: 0 }, inspector: false, logLevel: 'error', persist: false },
  });
  try {
    await worker.ready;
    const response = await worker.fetch('http://worker/', { method: 'POST', body: 'Das ist ein ganz gewöhnlicher deutscher Satz.' });
    const { label, error } = await response.json();
    assert.equal(label, 'de');
    assert.match(error, /task 'feature-extraction' is not in this module/);
  } finally {
    await worker.dispose();
  }
});
