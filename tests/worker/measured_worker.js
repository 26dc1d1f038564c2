// The Worker of tests/worker/measure.mjs: onedge/worker with one model, and the steps before its first answer one by
// one.
import { kv, serve } from 'onedge/worker';
import { instantiate } from '../../js/module.js';

const service = serve((env) => ({
  models: { model: { file: 'model', digest: env.DIGEST, version: '1' } },
  store: kv(env.STORE),
}));

async function memory() {
  const { exports, build } = await instantiate();
  return { wasm: exports.memoryBytes(), build };
}

export default {
  async fetch(request, env, ctx) {
    switch (new URL(request.url).pathname) {
      case '/nothing':
        return new Response('');
      case '/instantiate':
        await instantiate();
        return new Response('');
      case '/fill': {
        const bytes = new Uint8Array(await request.arrayBuffer());
        const CHUNK = 24 << 20;
        const chunks = Math.ceil(bytes.length / CHUNK);
        for (let i = 0; i < chunks; ++i) await env.STORE.put(`model/${i}`, bytes.subarray(i * CHUNK, (i + 1) * CHUNK));
        await env.STORE.put('model', JSON.stringify({ chunks, bytes: bytes.length }));
        return new Response('');
      }
      case '/memory':
        return Response.json(await memory());
      default:
        return service.fetch(request, env, ctx);
    }
  },
};
