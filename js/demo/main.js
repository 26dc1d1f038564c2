// The entry. The service worker comes first, so that it sees all later requests.
import { keepPage } from './offline.js';

await keepPage();
await import('./panels.js');
