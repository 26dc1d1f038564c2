import { createHash } from 'node:crypto';

/** @param {AsyncIterable<Uint8Array>} chunks @returns {Promise<{bytes: number, sha256: string}>} */
export async function hashOf(chunks) {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
