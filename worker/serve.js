// onedge/worker: an edge Worker that serves models over HTTP. docs/workers.md says how, and docs/openapi.yaml what it answers.
import { httpError, responseTo } from './errors.js';
import { Service } from './service.js';

export * from './stores.js';

/**
 * @param {object | ((env: object) => object)} options or what makes them of the Worker's bindings; serve.d.ts says what each is
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
