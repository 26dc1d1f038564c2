// Handles one request: limits, token, route, model, answer; then the headers that every answer has.
import { parseObject, readBody, requireMediaType } from './body.js';
import { Catalog, entryOf } from './catalog.js';
import { allowOrigin, isPreflight, preflight } from './cors.js';
import { httpError, responseTo } from './errors.js';
import { passOn, shouldPassOn } from './fallback.js';
import { createMetrics } from './metrics.js';
import { Pool } from './pool.js';
import { clientKey } from './rollout.js';
import { methodsOf, routeOf } from './routes/table.js';
import { Slots } from './slots.js';
import { Timing } from './timing.js';
import { requireToken } from './token.js';

const DEFAULTS = {
  cors: '*', memoryLimit: 96e6, cache: 'auto', maxBytes: 1e6, maxBatch: 128, maxTokens: Infinity, maxBatchTokens: 16384, maxConcurrent: 32,
  loadSeconds: 20, stallSeconds: 10,
};

// An undefined option gets its default: an unset binding of the Worker must not remove a limit.
function withDefaults(options) {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all = { ...DEFAULTS, ...given };
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (typeof value === 'number' && !(typeof all[name] === 'number' && all[name] >= 0)) {
      throw new TypeError(`${name}: expected a number from 0 on, got ${JSON.stringify(all[name])}`);
    }
  }
  return all;
}

// The parts of Server-Timing that count the start of a call and its steps.
const PARTS = {
  texts: { starts: 'tokenize', steps: 'run' },
  tokenize: { starts: 'tokenize', steps: 'tokenize' },
  decode: { starts: 'tokenize', steps: 'tokenize' },
  infer: { starts: 'run', steps: 'run' },
};

export class Service {
  #options;
  #catalog;
  #metrics;
  #pool;
  #slots;

  constructor(options) {
    this.#options = withDefaults(options);
    this.#catalog = new Catalog(this.#options);
    this.#slots = new Slots(this.#options.maxConcurrent);
    this.#metrics = createMetrics({ live: () => this.#pool.live, inFlight: () => this.#slots.taken, memoryLimit: this.#options.memoryLimit });
    this.#pool = new Pool({ ...this.#options, metrics: this.#metrics });
  }

  async answer(request, ctx) {
    const timing = new Timing();
    const url = new URL(request.url);
    const { route, params } = routeOf(url.pathname) ?? {};
    const context = { request, url, params, timing, limits: this.#options, metrics: this.#metrics, route: route?.path ?? 'none', headers: {} };
    let response;
    try {
      response = await this.#route(context, route, (work) => ctx?.waitUntil?.(work));
    } catch (error) {
      response = responseTo(error);
    }
    const { headers } = response;
    for (const [name, value] of Object.entries(context.headers)) headers.set(name, value);
    allowOrigin(headers, request, this.#options.cors);
    headers.set('server-timing', String(timing));
    this.#metrics.requests.add([context.route, response.status]);
    this.#metrics.seconds.observe([context.route], timing.total / 1000);
    return request.method === 'HEAD' ? new Response(null, response) : response;
  }

  async #route(context, route, keepAlive) {
    const { request, url } = context;
    if (!route) throw httpError(404, `unknown route ${url.pathname}`, { code: 'NOT_FOUND' });
    if (isPreflight(request)) return preflight(request, methodsOf(route));
    const allow = methodsOf(route).join(', ');
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
    const handle = route.methods[request.method === 'HEAD' ? 'GET' : request.method];
    if (!handle) throw httpError(405, `${url.pathname} takes ${allow}, not ${request.method}`, { code: 'UNSUPPORTED', headers: { allow } });
    if (!route.open) await requireToken(request, this.#options.token);
    // Kept alive, so that its resources are released even if the client disconnects.
    const work = this.#slots.use(() => this.#run(context, handle, keepAlive));
    keepAlive(work.catch(() => {}));
    return work;
  }

  async #run(context, handle, keepAlive) {
    let read;
    const body = () => (read ??= this.#body(context));
    const full = { ...context, ...this.#abilities(context, body, keepAlive), body, json: () => this.#json(context, body) };
    for (let first = true; ; first = false) {
      try {
        const answer = await handle(full);
        return answer instanceof Response ? answer : Response.json(answer);
      } catch (error) {
        const memory = error.code === 'RESOURCE_EXHAUSTED' && !error.status;
        if (memory && first && context.served && this.#pool.giveRoom(context.served)) continue;
        if (shouldPassOn(error, context.request, this.#options.fallback)) {
          this.#metrics.fallbacks.add([context.route]);
          return passOn(context.request, context.url, await body(), this.#options.fallback);
        }
        // The model is loaded, but the request needs more memory than is free. While others use the model, there may be
        // more later.
        if (memory && context.served?.idle) throw httpError(413, error.message, { code: error.code, cause: error });
        throw error;
      }
    }
  }

  async #body({ request, route }) {
    const bytes = await readBody(request, this.#options.maxBytes);
    this.#metrics.receivedBytes.add([route], bytes.length);
    return bytes;
  }

  async #json({ request }, body) {
    requireMediaType(request, 'application/json');
    return parseObject(await body());
  }

  // The functions for a route's handler.
  #abilities(context, body, keepAlive) {
    const { request, url, params, timing } = context;
    const limits = this.#options;
    const key = clientKey(request);
    const models = () => this.#catalog.models(keepAlive);
    const onAnswer = ({ name, version }) => (context.headers['x-onedge-model'] = `${name}@${version}`);
    const choose = async (reference) => entryOf(await models(), reference ?? undefined, { version: params.version, key });

    const use = async (reference, work) => {
      context.served = undefined;
      const entry = await timing.measure('load', () => choose(reference));
      const served = await timing.measure('load', () => this.#pool.get(entry, { keepAlive, origin: url.origin }));
      const { pinned } = entry;
      if (pinned && served.version !== pinned) {
        throw httpError(404, `model '${served.name}' has no version '${pinned}'; available: ${served.version}`, { code: 'NOT_FOUND' });
      }
      context.served = served;
      onAnswer(served);
      return served.use(work);
    };

    /**
     * The core's answer to the request's body, made in steps; other requests run between them.
     * @param {string} route its name in src/contract
     * @param {string | null} jsonLength the header Inference-Header-Content-Length
     */
    const answer = async (served, route, jsonLength = null) => {
      const bytes = await body();
      const { starts, steps } = PARTS[route] ?? PARTS.texts;
      const call = await timing.measure(starts, () => served.contract.start(route, bytes, { jsonLength, limits }));
      const { tokens } = call;
      let response;
      try {
        for (;;) {
          request.signal?.throwIfAborted();
          response = await timing.measure(steps, () => call.step());
          if (response) break;
          await timing.measure('queue', () => new Promise((resolve) => setTimeout(resolve)));
        }
      } catch (error) {
        call.stop();
        throw error;
      } finally {
        if (steps === 'run') this.#metrics.runSeconds.observe([served.name, served.version], timing.part('run') / 1000);
      }
      if (tokens > 0) this.#metrics.tokens.add([served.name, served.version], tokens);
      return response;
    };
    return { models, choose, use, answer, onAnswer, live: () => this.#pool.live };
  }
}
