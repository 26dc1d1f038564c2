// `worker: true` in browsers: a module worker of this package's own file.
import { setHost } from '../host.js';

setHost({ startThread: () => threadOf(new Worker(new URL('./browser_main.js', import.meta.url), { type: 'module' })) });

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
