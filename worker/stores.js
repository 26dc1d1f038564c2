// The stores of an edge Worker's models. A store is {open(name)}: it returns something that load() reads (a Response, a
// stream, bytes, a URL, a path on hosts with files), or null if the model does not exist.
import { read } from 'onedge/internal';

/** Static assets: the binding `ASSETS`. */
export const assets = (binding) => ({
  async open(name) {
    const response = await binding.fetch(`http://assets/${name}`);
    if (response.status !== 404) return response;
    await response.body?.cancel();
    return null;
  },
});

/** An R2 bucket. */
export const r2 = (bucket) => ({
  async open(name) {
    const object = await bucket.get(name);
    return object && new Response(object.body, { headers: { 'content-length': String(object.size) } });
  },
});

/**
 * A KV namespace, whose values hold at most 25 MiB: the key `name` is {"chunks": n, "bytes": n} in JSON, `name/0`,
 * `name/1`, ... are the chunks.
 */
export const kv = (namespace) => ({
  async open(name) {
    const index = await namespace.get(name, 'json');
    if (!index) return null;
    async function* chunks() {
      for (let i = 0; i < index.chunks; ++i) {
        const chunk = await namespace.get(`${name}/${i}`, 'stream');
        if (!chunk) throw new Error(`chunk ${i} of ${index.chunks} is missing`);
        yield* read(chunk);
      }
    }
    return { total: index.bytes, [Symbol.asyncIterator]: chunks };
  },
});

/** Files below a URL. A broken download is resumed, if the server allows it. */
export const url = (base) => ({
  open: async (name) => new URL(name, base.endsWith('/') ? base : `${base}/`),
});
