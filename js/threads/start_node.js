// Starts a thread of a pool in Node: a worker thread, which does not keep the process alive.
import { Worker } from 'node:worker_threads';

/**
 * @param {object} message see work()
 * @param {(error: Error) => void} failed called if it cannot start, fails later, or has ended
 * @returns {{joined: Promise<void>, stop: () => void}} joined: resolves when it waits for work, or has failed
 */
export function startPoolThread(message, failed) {
  // Not the options of the process, which may be about its main script.
  const worker = new Worker(new URL('./node_main.js', import.meta.url), { execArgv: [] });
  const joined = new Promise((resolve) => {
    const fail = (error) => resolve(failed(error));
    worker.on('message', ({ error }) => (error === undefined ? resolve() : fail(new Error(error))));
    worker.on('error', fail).on('exit', () => fail(new Error('a worker thread has ended')));
  });
  worker.postMessage(message);
  worker.unref();
  return { joined, stop: () => void worker.terminate() };
}
