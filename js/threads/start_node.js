// Starts a thread of a pool in Node: a worker thread, which keeps the process alive only until it has joined.
import { Worker } from 'node:worker_threads';

/**
 * @param {object} message see work()
 * @returns {{joined: Promise<void>, stop: () => Promise<any>}}
 */
export function startPoolThread(message) {
  const worker = new Worker(new URL('./node_main.js', import.meta.url));
  const joined = new Promise((resolve, reject) => {
    worker.on('message', (answer) => (answer.joined ? resolve() : reject(new Error(answer.error))));
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a worker thread has ended')));
    worker.postMessage(message);
  }).finally(() => worker.unref());
  return { joined, stop: () => worker.terminate() };
}
