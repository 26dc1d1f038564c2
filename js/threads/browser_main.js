// The code of a pool's worker in browsers.
import { work } from './work.js';

globalThis.onmessage = async ({ data }) => {
  await work(data, (answer) => globalThis.postMessage(answer));
  globalThis.close();
};
