// Starts a thread of a pool in browsers: a module worker of this package's own file.

/**
 * @param {object} message see work()
 * @returns {{joined: Promise<void>, stop: () => void}}
 */
export function startPoolThread(message) {
  const worker = new Worker(new URL('./browser_main.js', import.meta.url), { type: 'module' });
  const joined = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.joined ? resolve() : reject(new Error(data.error)));
    worker.onerror = (event) => reject(new Error(event.message || 'the script of a worker cannot be loaded'));
    worker.postMessage(message);
  });
  return { joined, stop: () => worker.terminate() };
}
