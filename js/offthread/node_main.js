// The code of the worker thread for `worker: true` in Node.
import { parentPort } from 'node:worker_threads';
import '../hosts/node.js';
import { serve } from './serve.js';

serve((message, transfer) => parentPort.postMessage(message, transfer), (listener) => parentPort.on('message', listener));
