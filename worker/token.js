// The bearer token that clients must send.
import { httpError } from './errors.js';

const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));

/** Compares digests, all of their bytes: this takes the same time wherever the texts differ. */
export async function requireToken(request, token) {
  if (!token) return;
  const [given, wanted] = await Promise.all([sha256(request.headers.get('authorization') ?? ''), sha256(`Bearer ${token}`)]);
  if (given.reduce((difference, byte, i) => difference | (byte ^ wanted[i]), 0) === 0) return;
  throw httpError(401, 'the bearer token is missing or wrong', { code: 'UNAUTHENTICATED', headers: { 'www-authenticate': 'Bearer' } });
}
