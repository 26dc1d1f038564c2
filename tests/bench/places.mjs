import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
// Node with relaxed SIMD, which Node 20 lacks: what browsers and Workers have.
export const node = `${root}/tests/engines/node_modules/.bin/node`;
