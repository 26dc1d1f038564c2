import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
// Node with relaxed SIMD, like browsers and Workers; Node 20 lacks it.
export const node = `${root}/tests/engines/node_modules/.bin/node`;
