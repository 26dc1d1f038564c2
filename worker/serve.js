// onedge/worker: an edge Worker that serves models over HTTP. docs/workers.md describes its use, docs/openapi.yaml its
// answers.
import { httpError, responseTo } from './errors.js';
import { Service } from './service.js';

export * from './stores.js';

/**
 * @param {object | ((env: object) => object)} options the options (see serve.d.ts), or a function that makes them from
 * the Worker's bindings
 * @returns {{fetch: (request: Request, env: object, ctx: object) => Promise<Response>}}
 */
export function serve(options) {
  let service;
  return {
    async fetch(request, env, ctx) {
      try {
        service ??= new Service(typeof options === 'function' ? options(env) : options);
      } catch (error) {
        return responseTo(httpError(500, `this Worker's options: ${error.message}`, { code: 'INTERNAL', cause: error }));
      }
      return service.answer(request, ctx);
    },
  };
}
