// The bytes of a file (Node) in chunks of at most 512 KB. Two buffers alternate: one is filled while the other is used.
// A chunk is valid until the next one is requested.
import { open } from 'node:fs/promises';

const CHUNK = 1 << 19; // bytes

/** @param {string} path @param {number} [start] in bytes @returns {AsyncGenerator<Uint8Array>} */
export async function* fileChunks(path, start = 0) {
  const file = await open(path);
  let position = start;
  const read = async (buffer) => {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, position);
    position += bytesRead;
    return bytesRead;
  };
  const fill = (buffer) => {
    const filled = read(buffer);
    filled.catch(() => {}); // the request for the next chunk reports the error
    return filled;
  };
  let [used, filling] = [new Uint8Array(CHUNK), new Uint8Array(CHUNK)];
  let filled = fill(filling);
  try {
    for (let size; (size = await filled) > 0; ) {
      [used, filling] = [filling, used];
      filled = fill(filling);
      yield used.subarray(0, size);
    }
  } finally {
    await filled.catch(() => {});
    await file.close();
  }
}
