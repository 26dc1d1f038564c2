// Cross-origin requests: the pages that may send requests, and the headers that they may read.

const EXPOSED = 'etag, inference-header-content-length, retry-after, server-timing, x-onedge-model';
const DAY = '86400'; // seconds

/** @param {false | string | string[]} cors false: no other origin; '*', an origin, or several */
function allowedOrigin(request, cors) {
  if (!Array.isArray(cors)) return cors;
  const origin = request.headers.get('origin');
  return cors.includes(origin) ? origin : undefined;
}

/** Adds the headers that let the requesting page read the answer. */
export function allowOrigin(headers, request, cors) {
  if (Array.isArray(cors)) headers.append('vary', 'origin');
  const origin = allowedOrigin(request, cors);
  if (!origin) return;
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-expose-headers', EXPOSED);
  headers.set('timing-allow-origin', origin);
}

export const isPreflight = (request) => request.method === 'OPTIONS' && request.headers.has('access-control-request-method');

/** Answers a browser's preflight: any header is allowed, because clients such as OpenAI's add their own. */
export function preflight(request, methods) {
  const headers = { 'access-control-allow-methods': methods.join(', '), 'access-control-max-age': DAY, vary: 'access-control-request-headers' };
  const wanted = request.headers.get('access-control-request-headers');
  if (wanted) headers['access-control-allow-headers'] = wanted;
  return new Response(null, { status: 204, headers });
}
