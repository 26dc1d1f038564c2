// Browsers and edge Workers have no file system.
import { OnedgeError } from '../error.js';

export async function openPath(path) {
  throw new OnedgeError({ code: 'INVALID_ARGUMENT', message: `'${path}' is no absolute URL, and this host has no file system` });
}
