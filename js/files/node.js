// Node: models can be read from the file system.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { OnedgeError } from '../error.js';

export async function openPath(path) {
  let size;
  try {
    ({ size } = await stat(path));
  } catch (error) {
    throw new OnedgeError({ code: 'NOT_FOUND', message: `${path}: ${error.message}` }, { cause: error });
  }
  return { chunks: createReadStream(path, { highWaterMark: 1 << 20 }), total: size };
}
