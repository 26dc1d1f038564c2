// GET /metrics and GET /openapi.yaml: the Worker's counters and its description.
import openapi from '../openapi.js';
import { sha256 } from 'onedge/internal';
import { matches } from './metadata.js';

export const metrics = (context) => new Response(String(context.metrics), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });

let etag;

export async function description({ request }) {
  etag ??= `"${(await sha256(openapi)).slice(0, 32)}"`;
  const headers = { etag, 'cache-control': 'no-cache', 'content-type': 'application/yaml; charset=utf-8' };
  return matches(request.headers.get('if-none-match'), etag) ? new Response(null, { status: 304, headers }) : new Response(openapi, { headers });
}
