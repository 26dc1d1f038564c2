// Workloads: installed and downloaded bytes. The peers' files are those of their npm packages.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { minified } from '../js/glue.mjs';
import { root } from './places.mjs';

const peers = `${root}/tests/bench/node_modules`;
const encodings = { minified: (bytes) => bytes, raw: (bytes) => bytes, gzip: (bytes) => gzipSync(bytes, { level: 9 }), brotli: (bytes) => brotliCompressSync(bytes) };
const bytesOf = (files, encoding) => files.reduce((sum, file) => sum + encodings[encoding](file).length, 0);
const row = (name, build, ours, theirs, unit, peer, limit) => ({ name, host: 'file', build, threads: 1, ours, theirs, unit, peer, ratio: theirs / ours, limit });

/** The package that `npm pack` makes; no script of the package runs. */
function packed(folder) {
  const [{ size, unpackedSize }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--dry-run', '--ignore-scripts', folder], { cwd: root, maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'ignore'] }));
  return { packed: size, unpacked: unpackedSize };
}

async function* packages() {
  const [ours, theirs] = [root, `${peers}/onnxruntime-web`].map(packed);
  for (const what of ['packed', 'unpacked']) yield row(`size package ${what}`, 'both', ours[what] / 1e6, theirs[what] / 1e6, 'MB', 'onnxruntime-web');
}

const wasmLimits = { raw: 1.9, brotli: 0.56 }; // MB
async function* modules() {
  const theirs = [readFileSync(`${peers}/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm`)];
  for (const encoding of ['raw', 'gzip', 'brotli']) {
    const peer = bytesOf(theirs, encoding);
    for (const build of ['simd', 'relaxed']) {
      const ours = [readFileSync(`${root}/dist/onedge-${build}.wasm`)];
      yield row(`size wasm ${encoding}`, build, bytesOf(ours, encoding) / 1e6, peer / 1e6, 'MB', 'onnxruntime-web', wasmLimits[encoding]);
    }
  }
}

const trimLimits = { raw: 500, brotli: 170 }; // KB
async function* trimmed() {
  const folder = mkdtempSync(join(tmpdir(), 'onedge-bench-'));
  try {
    execFileSync('node', ['bin/onedge.mjs', 'trim', 'models/langid/langid.onedge', '--no-http', '-o', folder], { cwd: root, stdio: 'ignore' });
    const theirs = [readFileSync(`${peers}/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm`)];
    for (const encoding of ['raw', 'brotli']) {
      const peer = bytesOf(theirs, encoding);
      for (const build of ['simd', 'relaxed']) {
        const ours = bytesOf([readFileSync(join(folder, `onedge-${build}.wasm`))], encoding);
        yield row(`size wasm trimmed to langid ${encoding}`, build, ours / 1e3, peer / 1e3, 'KB', 'onnxruntime-web', trimLimits[encoding]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const glueLimits = { minified: 48 }; // KB
async function* glue() {
  const contentsOf = (files) => files.map(({ contents }) => contents);
  const ours = contentsOf(await minified());
  const theirs = {
    'onnxruntime-web': contentsOf(await minified(`${peers}/onnxruntime-web/dist/ort.wasm.bundle.min.mjs`, [])),
    '@huggingface/transformers': [readFileSync(`${peers}/@huggingface/transformers/dist/transformers.web.min.js`)],
  };
  for (const [peer, files] of Object.entries(theirs)) {
    for (const encoding of ['minified', 'gzip', 'brotli']) {
      yield row(`size glue ${encoding}`, 'simd', bytesOf(ours, encoding) / 1e3, bytesOf(files, encoding) / 1e3, 'KB', peer, glueLimits[encoding]);
    }
  }
}

async function* program() {
  const path = `${root}/build/native/onedge`;
  yield { ...row('size native program, with the server', 'native', readFileSync(path).length / 1e6, null, 'MB', 'none', 12), ratio: null };
}

/** [{name, rows(rounds)}] */
export const sizeWorkloads = [
  { name: 'size package', rows: packages },
  { name: 'size wasm', rows: modules },
  { name: 'size wasm trimmed', rows: trimmed },
  { name: 'size glue', rows: glue },
  { name: 'size native program', rows: program },
];
