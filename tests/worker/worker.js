// The Worker under test: one service for each store, chosen by the first part of the path; PUT fills R2 and KV.
import { assets, kv, r2, serve, url } from 'onedge/worker';

const models = { langid: 'langid-int8.onedge', large: 'langid.onedge', gone: 'gone.onedge' };
const services = {
  assets: serve((env) => ({ models, store: assets(env.ASSETS) })),
  r2: serve((env) => ({ models, store: r2(env.BUCKET) })),
  kv: serve((env) => ({ models, store: kv(env.KV) })),
  url: serve({ models: { langid: 'langid-int8.onedge' }, store: url('http://127.0.0.1:1/') }),
  token: serve((env) => ({ models, store: assets(env.ASSETS), token: 'secret', maxBytes: 1000, maxBatch: 2 })),
  tight: serve((env) => ({ models, store: assets(env.ASSETS), memoryLimit: 4e6 })),
  wrong: serve((env) => ({ models: { langid: { file: models.langid, digest: '0'.repeat(64) } }, store: assets(env.ASSETS) })),
};

export default {
  async fetch(request, env, ctx) {
    const target = new URL(request.url);
    const [, service, ...rest] = target.pathname.split('/');
    if (request.method === 'PUT') return fill(service, rest.join('/'), new Uint8Array(await request.arrayBuffer()), env);
    target.pathname = `/${rest.join('/')}`;
    return services[service].fetch(new Request(target, request), env, ctx);
  },
};

async function fill(store, name, bytes, env) {
  if (store === 'r2') await env.BUCKET.put(name, bytes);
  const half = Math.ceil(bytes.length / 2);
  for (let i = 0; store === 'kv' && i < 2; ++i) await env.KV.put(`${name}/${i}`, bytes.subarray(i * half, (i + 1) * half));
  if (store === 'kv') await env.KV.put(name, JSON.stringify({ chunks: 2, bytes: bytes.length }));
  return new Response('kept');
}
