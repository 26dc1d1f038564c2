// usage: node scripts/shorten_glue.mjs GLUE.js
// Run by the linker on Emscripten's glue before it is optimized (cmake/wasm_module.cmake). Removes what is not used,
// because js/module.js always passes instantiateWasm: how the glue itself would find, fetch and compile the module.
// Views of the memory that the glue does not use go, too. A glue of another Emscripten may stay longer.
import { readFileSync, writeFileSync } from 'node:fs';

const [path] = process.argv.slice(2);
const cuts = [
  ['the end of createWasm', /^ *wasmBinaryFile \?\?= findWasmBinary\(\);\n[^]*?^ *return \{\};[^\n]*\n/m, ''],
  ['the search for its folder', /^if \(ENVIRONMENT_IS_WEB \|\| ENVIRONMENT_IS_WORKER\) \{\n[^]*?(?=^var out = )/m, ''],
];
const views = /Module\['(HEAP\w+)'\] = (?=HEAP\w+ = new)/g;

let glue = readFileSync(path, 'utf8');
for (const [what, pattern, left] of cuts) {
  if (!pattern.test(glue)) console.warn(`scripts/shorten_glue.mjs: not found: ${what}`);
  glue = glue.replace(pattern, left);
}
writeFileSync(path, glue.replace(views, (text, name) => (name === 'HEAPU8' ? text : '')));
