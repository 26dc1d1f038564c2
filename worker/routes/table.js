// Every route: its path, and a handler for each method. docs/openapi.yaml describes them.
import { decode, embed, embedAll, embeddings, infer, predict, rerank, tokenize } from './contract.js';
import { description, metrics } from './descriptions.js';
import { health, live, ready } from './health.js';
import { info, model, modelReady, server } from './metadata.js';

/**
 * @typedef {{path: string, open?: boolean, methods: Record<string, (context: object) => any>}} Route open: without the
 * token
 */

const model_ = (suffix, methods) => ['/v2/models/{model}', '/v2/models/{model}/versions/{version}'].map((path) => ({ path: path + suffix, methods }));

/** @type {Route[]} */
export const routes = [
  { path: '/health', open: true, methods: { GET: health } },
  { path: '/v2/health/live', open: true, methods: { GET: live } },
  { path: '/v2/health/ready', open: true, methods: { GET: ready } },
  { path: '/openapi.yaml', open: true, methods: { GET: description } },
  { path: '/metrics', methods: { GET: metrics } },
  { path: '/info', methods: { GET: info } },
  { path: '/v2', methods: { GET: server } },
  ...model_('', { GET: model }),
  ...model_('/ready', { GET: modelReady }),
  ...model_('/infer', { POST: infer }),
  { path: '/predict', methods: { POST: predict } },
  { path: '/embed', methods: { POST: embed } },
  { path: '/embed_all', methods: { POST: embedAll } },
  { path: '/rerank', methods: { POST: rerank } },
  { path: '/tokenize', methods: { POST: tokenize } },
  { path: '/decode', methods: { POST: decode } },
  { path: '/v1/embeddings', methods: { POST: embeddings } },
];
const table = routes.map((route) => ({ ...route, parts: route.path.split('/') }));

/** The route of a path and the values of its placeholders, or undefined. */
export function routeOf(pathname) {
  const parts = pathname.split('/');
  for (const route of table) {
    if (route.parts.length !== parts.length) continue;
    const params = {};
    const fits = route.parts.every((part, i) => {
      if (!part.startsWith('{')) return part === parts[i];
      try {
        params[part.slice(1, -1)] = decodeURIComponent(parts[i]);
      } catch {
        return false;
      }
      return parts[i] !== '';
    });
    if (fits) return { route, params };
  }
  return undefined;
}

/** The methods of a route: HEAD with every GET, OPTIONS always. */
export const methodsOf = ({ methods }) => [...Object.keys(methods).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'];
