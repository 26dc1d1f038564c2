// node tests/onnx/conformance.mjs DIR... --json OUT [--build simd|relaxed]: onnx_conformance as WebAssembly, in this
// Node, or in Node 24 if this one lacks relaxed SIMD. Its output is that of the native program; see conformance.cc.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseBuild } from '../../js/features.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, build: { type: 'string', default: 'simd' } },
});
if (positionals.length === 0 || !['simd', 'relaxed'].includes(values.build)) {
  console.error('usage: node tests/onnx/conformance.mjs DIR... --json OUT [--build simd|relaxed]');
  process.exit(2);
}
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const program = here(`../../build/wasm-${values.build}/tests/onnx_conformance.js`);
if (!existsSync(program)) {
  console.error(`${program} is missing: run scripts/build wasm-${values.build}`);
  process.exit(1);
}
const ours = values.build === 'simd' || chooseBuild().build === 'relaxed';
const node = ours ? process.execPath : here('../engines/node_modules/node/bin/node');
const { status, signal } = spawnSync(node, [program, ...positionals, ...(values.json ? ['--json', values.json] : [])], { stdio: 'inherit' });
if (signal) console.error(`the WebAssembly program was ended by ${signal}`);
process.exit(status ?? 1);
