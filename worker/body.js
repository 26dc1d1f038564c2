// Reads the body of a request up to a limit, and parses JSON bodies.
import { httpError, tooLarge } from './errors.js';

// Bytes beyond the limit that are read and dropped: if the connection ended while the client is sending, the client
// would lose the answer with the reason.
const LINGER = 1 << 16;

/** @returns {Promise<Uint8Array>} */
export async function readBody(request, maxBytes) {
  const refuse = () => tooLarge(`the request's body has more than ${maxBytes} bytes`);
  const encoding = request.headers.get('content-encoding');
  if (encoding && encoding !== 'identity') throw httpError(415, `content-encoding: expected none, got '${encoding}'`, { code: 'UNSUPPORTED' });
  if (Number(request.headers.get('content-length')) > maxBytes) throw refuse();
  const parts = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
    else if (size > maxBytes + LINGER) break;
  }
  if (size > maxBytes) throw refuse();
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Refuses a body whose media type is not one of `types`; a body without a media type counts as the first. */
export function requireMediaType(request, ...types) {
  const type = (request.headers.get('content-type') ?? types[0]).split(';')[0].trim().toLowerCase();
  if (!types.includes(type)) throw httpError(415, `content-type: expected ${types.join(' or ')}, got '${type}'`, { code: 'UNSUPPORTED' });
}

/** The JSON object in `bytes`. */
export function parseObject(bytes) {
  let value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw httpError(400, `the request's body is not JSON: ${error.message}`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw httpError(400, "the request's body is not a JSON object");
  return value;
}
