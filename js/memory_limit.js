// What does not fit into `memoryLimit` is refused before a byte of it is read.
import { OnedgeError } from './error.js';

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** @param {number | undefined} fileBytes weights take at least the room of their file @param {number} room in bytes */
export function requireRoom(fileBytes, room) {
  if (!(fileBytes > room)) return;
  throw new OnedgeError({
    code: 'RESOURCE_EXHAUSTED',
    message: `memory limit: the file alone needs ${megabytes(fileBytes)} of ${megabytes(room)}; raise memoryLimit or use a smaller model`,
  });
}
