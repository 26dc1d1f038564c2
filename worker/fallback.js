// Forwards requests that this Worker cannot answer to an onedge server.
import { httpError } from './errors.js';

const PASSED_ON = 'x-onedge-fallback';

/**
 * True if a model does not fit or this build lacks an operator. A request that another Worker has forwarded is never
 * forwarded again.
 */
export function shouldPassOn(error, request, fallback) {
  return Boolean(fallback) && (error.code === 'RESOURCE_EXHAUSTED' || error.code === 'UNSUPPORTED') && !error.status && !request.headers.has(PASSED_ON);
}

/** @param {Uint8Array} body already read */
export async function passOn(request, url, body, fallback) {
  const target = new URL(String(fallback).replace(/\/+$/, '') + url.pathname + url.search);
  const headers = new Headers(request.headers);
  headers.set(PASSED_ON, '1');
  for (const name of ['host', 'content-length']) headers.delete(name);
  try {
    const answer = await fetch(target, { method: request.method, headers, body: request.method === 'POST' ? body : undefined, redirect: 'manual' });
    return new Response(answer.body, answer);
  } catch (error) {
    throw httpError(503, `the fallback server cannot be reached: ${error.message}`, { code: 'UNAVAILABLE', cause: error });
  }
}
