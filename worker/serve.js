// onedge/worker: an edge Worker that serves models over HTTP. docs/workers.md says how, and what the routes are.
import { OnedgeError } from 'onedge';
import { Pool } from './pool.js';
import { routes } from './routes.js';

export * from './stores.js';

const STATUS = { INVALID_ARGUMENT: 422, NOT_FOUND: 404, RESOURCE_EXHAUSTED: 503, UNAVAILABLE: 503, CORRUPT_FILE: 503, UNSUPPORTED: 422 };
const RETRY_SECONDS = '5';

/**
 * @param {object | ((env: object) => object)} options or what makes them of the Worker's bindings:
 *   models: {name: file in the store, or {file, digest}}; store: assets(), r2(), kv(), url() or {open(name)};
 *   memoryLimit: bytes for all models together (96e6); fallback: base URL of an onedge server for models that do not fit;
 *   token: what clients must send as `Authorization: Bearer`; cors: the origin that may ask, default '*';
 *   maxBytes: of a request's body (1e6); maxBatch: inputs of one request (128)
 * @returns {{fetch: (request: Request, env: object, ctx: object) => Promise<Response>}}
 */
export function serve(options) {
  let service;
  return {
    fetch(request, env, ctx) {
      service ??= new Service(typeof options === 'function' ? options(env) : options);
      return service.answer(request, ctx);
    },
  };
}

class Service {
  #pool;
  #options;

  constructor({ cors = '*', maxBytes = 1e6, maxBatch = 128, token, fallback, ...rest }) {
    this.#options = { cors, maxBytes, maxBatch, token, fallback };
    this.#pool = new Pool(rest);
  }

  async answer(request, ctx) {
    const started = Date.now();
    const response = await this.#route(request, ctx);
    response.headers.set('access-control-allow-origin', this.#options.cors);
    response.headers.set('server-timing', `total;dur=${Date.now() - started}`);
    return response;
  }

  async #route(request, ctx) {
    const { method } = request;
    const { pathname, searchParams } = new URL(request.url);
    if (method === 'OPTIONS') {
      return new Response(null, { status: 204, headers: { 'access-control-allow-methods': 'GET, POST', 'access-control-allow-headers': 'content-type, authorization' } });
    }
    if (['/health', '/v2/health/live', '/v2/health/ready'].includes(pathname)) return Response.json({ models: this.#pool.names });
    const kept = request.clone(); // for the fallback
    try {
      if (!(await this.#allowed(request))) return failure(401, 'UNAUTHENTICATED', 'the bearer token is missing or wrong', { 'www-authenticate': 'Bearer' });
      const [, name] = pathname.match(/^\/v2\/models\/([^/]+)$/) ?? [];
      const handle = routes[`${method} ${name ? '/v2/models/*' : pathname}`];
      if (!handle) return failure(404, 'NOT_FOUND', `there is no route ${method} ${pathname}`);
      const body = method === 'POST' ? await this.#bodyOf(request) : {};
      const get = (model) => this.#pool.get(model, (work) => ctx?.waitUntil?.(work));
      return Response.json(await handle({ get, body, query: searchParams, name: name && decodeURIComponent(name), batchOf: (batch) => this.#batchOf(batch) }));
    } catch (error) {
      const { fallback } = this.#options;
      if (fallback && error.code === 'RESOURCE_EXHAUSTED') {
        return fetch(new URL(pathname + new URL(request.url).search, fallback), kept).then((answer) => new Response(answer.body, answer));
      }
      if (error instanceof TypeError) return failure(422, 'INVALID_ARGUMENT', error.message);
      const status = error.status ?? STATUS[error.code] ?? 500;
      return failure(status, error.code ?? 'INTERNAL', error.message, status === 503 ? { 'retry-after': RETRY_SECONDS } : {});
    }
  }

  // Digests are compared, which takes the same time wherever they differ.
  async #allowed(request) {
    const { token } = this.#options;
    if (!token) return true;
    const digest = async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
    const [given, wanted] = await Promise.all([digest(request.headers.get('authorization') ?? ''), digest(`Bearer ${token}`)]);
    return given.reduce((difference, byte, i) => difference | (byte ^ wanted[i]), 0) === 0;
  }

  async #bodyOf(request) {
    const { maxBytes } = this.#options;
    const parts = [];
    let size = 0;
    for await (const part of request.body ?? []) {
      size += part.length;
      if (size > maxBytes) throw withStatus(413, `the request's body has more than ${maxBytes} bytes`);
      parts.push(part);
    }
    try {
      const body = JSON.parse(await new Blob(parts).text());
      if (body !== null && typeof body === 'object') return body;
    } catch {
      // said below
    }
    throw withStatus(400, "the request's body is no JSON object");
  }

  #batchOf(batch) {
    if (!Array.isArray(batch) || batch.length === 0) throw new TypeError('inputs: expected a text or an array of texts');
    if (batch.length > this.#options.maxBatch) throw withStatus(413, `inputs: ${batch.length} are more than the ${this.#options.maxBatch} of one request`);
    return batch;
  }
}

const withStatus = (status, message) => Object.assign(new OnedgeError({ code: 'INVALID_ARGUMENT', message }), { status });

const failure = (status, type, message, headers = {}) => Response.json({ error: message, error_type: type }, { status, headers });
