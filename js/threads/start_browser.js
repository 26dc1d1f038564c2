// Starts a thread of a pool in browsers: a module worker of this package's own file.

/**
 * @param {object} message see work()
 * @param {(error: Error) => void} failed called if it cannot start, or fails later
 * @returns {{joined: Promise<void>, stop: () => void}} joined: resolves when it waits for work, or has failed
 */
export function startPoolThread(message, failed) {
  const worker = new Worker(new URL('./browser_main.js', import.meta.url), { type: 'module' });
  const joined = new Promise((resolve) => {
    const fail = (error) => resolve(failed(new Error(error)));
    worker.onmessage = ({ data: { error } }) => (error === undefined ? resolve() : fail(error));
    worker.onerror = ({ message: error }) => fail(error || 'the script of a worker cannot be loaded');
  });
  worker.postMessage(message);
  return { joined, stop: () => worker.terminate() };
}
