// Node as a host: this one (20 or newer), and Node 24 from the npm package, which has relaxed SIMD.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('node_child.mjs', import.meta.url));

export const thisNode = process.execPath;
export const node24 = fileURLToPath(new URL('../engines/node_modules/node/bin/node', import.meta.url));

/** {build, answers} of `model` for `sentences`, run by the Node at `executable`. */
export function classifyInNode(executable, build, model, sentences, topK) {
  const input = JSON.stringify({ model, sentences, topK });
  return JSON.parse(execFileSync(executable, [child, build], { input, maxBuffer: 1 << 26 }));
}
