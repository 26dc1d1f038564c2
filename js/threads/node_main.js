// The code of a pool's worker thread in Node.
import { parentPort } from 'node:worker_threads';
import { work } from './work.js';

parentPort.once('message', async (message) => {
  await work(message, (answer) => parentPort.postMessage(answer));
  parentPort.close?.(); // Deno's has no close(), and ends without it
});
