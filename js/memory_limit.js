// A file that cannot fit into `memoryLimit` is refused before it is read.
import { onedgeError } from './error.js';

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** @param {number | undefined} fileBytes the weights take at least as much @param {number} room in bytes */
export function requireRoom(fileBytes, room) {
  if (!(fileBytes > room)) return;
  throw onedgeError('RESOURCE_EXHAUSTED', `memory limit: the file alone needs ${megabytes(fileBytes)} of ${megabytes(room)}; raise memoryLimit or use a smaller model`);
}
