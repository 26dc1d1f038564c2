// The Worker of tests/deploy: /STORE/catalog.json returns the store's catalog. /STORE/MODEL/ROUTE is served, by
// onedge/worker, by the version of MODEL with most of the traffic.
import { assets, kv, r2, serve } from 'onedge/worker';

const openers = { r2: (env) => r2(env.BUCKET), kv: (env) => kv(env.KV), assets: (env) => assets(env.ASSETS) };
const services = new Map(); // by file

export default {
  async fetch(request, env, ctx) {
    const target = new URL(request.url);
    const [, kind, name, ...rest] = target.pathname.split('/');
    const store = openers[kind](env);
    const catalog = await textOf(await store.open('catalog.json'));
    if (name === 'catalog.json') return new Response(catalog);
    const { versions, traffic } = JSON.parse(catalog).models[name];
    const [version] = Object.keys(traffic).sort((a, b) => traffic[b] - traffic[a]);
    const { file } = versions[version];
    const key = `${kind}/${file}`;
    if (!services.has(key)) services.set(key, serve({ models: { [name]: file }, store }));
    target.pathname = `/${rest.join('/')}`;
    return services.get(key).fetch(new Request(target, request), env, ctx);
  },
};

async function textOf(opened) {
  if (opened instanceof Response) return opened.text();
  const parts = [];
  for await (const part of opened) parts.push(part);
  return new Blob(parts).text();
}
