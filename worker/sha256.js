import { toHex } from 'onedge/internal';

/** The SHA-256 of a text or of bytes, in hex. */
export async function sha256(content) {
  return toHex(await crypto.subtle.digest('SHA-256', typeof content === 'string' ? new TextEncoder().encode(content) : content));
}
