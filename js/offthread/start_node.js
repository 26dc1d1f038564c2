// `worker: true` in Node: a worker thread, which keeps the process alive only while it works.
import { Worker } from 'node:worker_threads';
import { setHost } from '../host.js';

setHost({
  startThread() {
    const worker = new Worker(new URL('./node_main.js', import.meta.url));
    worker.unref();
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      listen: (onMessage, onError) => worker.on('message', onMessage).on('error', onError),
      busy: (yes) => (yes ? worker.ref() : worker.unref()),
      stop: () => worker.terminate(),
    };
  },
});
