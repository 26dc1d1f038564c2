// `worker: true` in browsers: a module worker of this package's own file.
import { onedgeError } from '../error.js';
import { setHost } from '../host.js';

setHost({
  startThread() {
    try {
      return threadOf(new Worker(new URL('./browser_main.js', import.meta.url), { type: 'module' }));
    } catch (error) {
      const advice = "serve onedge from the page's own origin, or remove the option";
      const message = `worker: true: the browser refuses the worker: ${error.message}; ${advice}`;
      throw onedgeError('UNAVAILABLE', message, error);
    }
  },
});

function threadOf(worker) {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onMessage, onError) {
      worker.onmessage = ({ data }) => onMessage(data);
      worker.onerror = (event) => onError(new Error(event.message || 'its script cannot be loaded'));
    },
    busy() {},
    stop: () => worker.terminate(),
  };
}
