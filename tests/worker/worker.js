// The Worker under test: many services, chosen by the first part of the path, `kind` or `kind:id`, each made on its
// first request. PUT /r2/name and /kv/name fill the stores; POST /control/id sets the faults of the store of
// `faulty:id`; GET /control/state returns the state.
import { assets, kv, r2, serve, url } from 'onedge/worker';
import { instantiate } from '../../js/module.js';
import { faultyStore } from './faulty_store.js';

const LANGID = 'langid-int8.onedge';
const langid = { models: { langid: LANGID, large: 'langid.onedge', gone: 'gone.onedge' } };
const controls = new Map(); // id -> the faults of its store

const tiny = (env) => ({
  store: r2(env.BUCKET),
  models: {
    classifier: 'classifier-1.onedge', embedder: 'embedder.onedge', reranker: 'reranker.onedge', cutter: 'cutter.onedge', langid: LANGID, digits: 'digits.onedge', pair: 'pair.onnx',
    chain: 'chain.onnx',
    ...Object.fromEntries(['untyped', 'broken', 'fixed', 'every-token', 'one-label'].map((name) => [name, `${name}.onedge`])),
    ...Object.fromEntries(env.DATATYPES.map((datatype) => [`echo-${datatype}`, `echo-${datatype}.onnx`])),
  },
});

// A full cache: it accepts only the beginning.
const fullCache = () => ({
  get: () => undefined,
  async put(key, response) {
    await response.body?.getReader().read();
    throw new Error('quota exceeded');
  },
});

const kinds = {
  assets: (env) => ({ ...langid, store: assets(env.ASSETS) }),
  r2: (env) => ({ ...langid, store: r2(env.BUCKET) }),
  kv: (env) => ({ ...langid, store: kv(env.KV) }),
  url: (env, port) => ({ models: { langid: LANGID }, store: url(`http://127.0.0.1:${port}`), stallSeconds: 1 }),
  tiny,
  token: (env) => ({ ...tiny(env), token: 'secret', cors: ['https://app.example'] }),
  limits: (env) => ({ ...tiny(env), maxBytes: 2000, maxBatch: 2, maxTokens: 6, maxBatchTokens: 8, maxConcurrent: 2 }),
  cors: (env, origin) => ({ ...tiny(env), cors: origin === 'off' ? false : '*' }),
  tight: (env) => ({ ...langid, store: assets(env.ASSETS), memoryLimit: 4e6 }),
  two: (env) => ({ store: r2(env.BUCKET), models: { langid: LANGID, digits: 'digits.onedge', embedder: 'embedder.onedge' }, memoryLimit: 3.3e6 }),
  digest: (env, digest) => ({ models: { langid: { file: LANGID, digest, version: '1.0.0' } }, store: r2(env.BUCKET) }),
  catalog: (env, file) => ({ catalog: `${file}.json`, catalogSeconds: 0, store: r2(env.BUCKET) }),
  slowCatalog: (env, file) => ({ catalog: `${file}.json`, catalogSeconds: 60, store: r2(env.BUCKET) }),
  faulty: (env, id) => ({
    // Without a digest of the file, those of its parts count.
    models: { langid: { file: LANGID, digest: id === 'changed' ? undefined : env.LANGID_DIGEST, version: '1.0.0' } },
    store: faultyStore(r2(env.BUCKET), () => controls.get(id) ?? {}),
    cache: id.startsWith('full') ? fullCache() : false,
    stallSeconds: 1,
    loadSeconds: id.startsWith('patient') ? 0.3 : 20,
  }),
  faultylimits: (env, id) => ({ ...kinds.faulty(env, id), maxConcurrent: 2 }),
  fallback: (env, port) => ({ ...langid, store: assets(env.ASSETS), memoryLimit: 4e6, fallback: `http://127.0.0.1:${port}/base/` }),
  wrongOptions: () => ({ store: {}, models: {} }),
};
const services = new Map();

export default {
  async fetch(request, env, ctx) {
    const target = new URL(request.url);
    const [, first, ...rest] = target.pathname.split('/');
    const name = decodeURIComponent(first);
    if (request.method === 'PUT') return fill(name, rest.join('/'), new Uint8Array(await request.arrayBuffer()), env);
    if (name === 'control') return control(rest[0], request);
    const [kind, id = ''] = name.split(/:(.*)/s);
    if (!services.has(name)) services.set(name, serve((bindings) => kinds[kind](bindings, id)));
    target.pathname = `/${rest.join('/')}`;
    return services.get(name).fetch(new Request(target, request), env, ctx);
  },
};

async function control(id, request) {
  if (id === 'state') {
    const { exports } = await instantiate();
    return Response.json({ liveHandles: exports.liveHandles(), memoryBytes: exports.memoryBytes() });
  }
  if (id === 'spoil-cache') await spoilCache(new URL(`/${LANGID}?sha256=${(await request.json()).digest}`, request.url).href);
  else if (id === 'drop') for (const name of await request.json()) services.delete(name);
  else if (request.method === 'POST') controls.set(id, { opened: controls.get(id)?.opened ?? 0, ...(await request.json()) });
  return Response.json(controls.get(id) ?? {});
}

async function fill(store, name, bytes, env) {
  if (store === 'r2') await env.BUCKET.put(name, bytes);
  if (store === 'r2-delete') await env.BUCKET.delete(name);
  const half = Math.ceil(bytes.length / 2);
  for (let i = 0; store === 'kv' && i < 2; ++i) await env.KV.put(`${name}/${i}`, bytes.subarray(i * half, (i + 1) * half));
  if (store === 'kv') await env.KV.put(name, JSON.stringify({ chunks: 2, bytes: bytes.length }));
  return new Response('kept');
}

// Replaces the bytes of a model's entry in the real cache.
async function spoilCache(key) {
  const cache = await caches.open('onedge');
  const entry = await cache.match(key);
  const bytes = new Uint8Array(await entry.arrayBuffer());
  bytes[bytes.length >> 1] ^= 1;
  await cache.put(key, new Response(bytes, { headers: entry.headers }));
}
