// Failures in the form that clients get: a status and {"error", "error_type"}.
import { OnedgeError } from 'onedge';

const STATUS = {
  INVALID_ARGUMENT: 422,
  NOT_FOUND: 404,
  UNSUPPORTED: 422,
  RESOURCE_EXHAUSTED: 503,
  UNAVAILABLE: 503,
  CORRUPT_FILE: 503,
  CANCELLED: 499,
  DEADLINE_EXCEEDED: 504,
};
const RETRY_SECONDS = 5;

/** An error with a status other than the one of its code. */
export function httpError(status, message, { code = 'INVALID_ARGUMENT', headers = {}, cause } = {}) {
  return Object.assign(new OnedgeError({ code, message }, { cause }), { status, headers });
}

/** An invalid value in a request. */
export const invalid = (message) => httpError(422, message);

/** A limit is exceeded. */
export const tooLarge = (message) => httpError(413, message);

export const statusOf = (error) => error.status ?? STATUS[error.code] ?? 500;

export function responseTo(error) {
  if (error.name === 'AbortError') error = httpError(499, 'the client disconnected', { code: 'CANCELLED' });
  const status = statusOf(error);
  const retry = status === 503 || status === 429 ? { 'retry-after': String(RETRY_SECONDS) } : {};
  const body = { error: error.message || String(error), error_type: error.code ?? 'INTERNAL' };
  return Response.json(body, { status, headers: { ...retry, ...error.headers } });
}
