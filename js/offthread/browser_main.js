// What runs in the browser's worker of `worker: true`.
import '../hosts/browser.js';
import { serve } from './serve.js';

serve((message, transfer) => globalThis.postMessage(message, transfer), (listener) => {
  globalThis.onmessage = ({ data }) => listener(data);
});
