import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
// Node with relaxed SIMD, like browsers and Workers; Node 20 lacks it.
export const node = `${root}/tests/engines/node_modules/.bin/node`;
export const shared = process.env.ONEDGE_SHARED || fileURLToPath(new URL('../../../shared', import.meta.url));
export const sharedModels = `${shared}/data/models`;
