// The entry: first what keeps the page for visits without a network, so that all that follows goes through it.
import { keepPage } from './offline.js';

await keepPage();
await import('./panels.js');
