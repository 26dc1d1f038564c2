// Models in a cache, by URL and digest. For each model a store holds its bytes and, written after them, a record that
// describes them; without a record the entry does not exist. Stores: {get(key), put(key, response)} and optionally
// delete(key) and keys().
import { chunksOf } from './content.js';
import { download } from './download.js';
import { host } from './host.js';

const RECORD = 'onedge-record';

/**
 * @param {string} url whose file is kept
 * @param {{cache?: any, digest?: string, signal?: AbortSignal, refresh?: boolean, unchanging?: string, fetchFrom?:
 * typeof download}} options cache: 'auto', a store, or false; see load(). unchanging: the reason why the file at this
 * URL never changes; otherwise its server is asked. fetchFrom: reads a file that does not come by HTTP; its result
 * needs no `response`
 * @returns {Promise<import('./source.js').Opened>}
 */
export async function openCached(url, { cache = 'auto', digest, signal, refresh, unchanging, fetchFrom = download }) {
  unchanging ??= digest && 'the digest is known';
  const { store, reason } = await storeOf(cache);
  if (!store) return { ...(await fetchFrom(url, { signal })), digest, cache: 'none', cacheReason: reason };
  const key = keyOf(url, digest);
  const record = refresh ? undefined : await readRecord(store, key);
  const { fetched, why } = record && !unchanging ? await fetchIfChanged(url, record, signal) : { why: unchanging };
  const entry = record && !fetched && (await store.get(key).catch(() => undefined));
  if (!entry) return fetchInto(store, key, fetched ?? (await fetchFrom(url, { signal })), url, digest);
  const { chunks } = await chunksOf(entry);
  const drop = () => remove(store, key);
  return { chunks, total: record.bytes, digest: digest ?? record.digest, cache: 'hit', cacheReason: why, drop };
}

// Asks the server whether the file at `url` has changed; `fetched` is its download if so.
async function fetchIfChanged(url, record, signal) {
  const headers = conditionsOf(record);
  if (!headers) return { why: 'the server sends neither ETag nor Last-Modified' };
  try {
    const fetched = await download(url, { signal, headers });
    return fetched.response.status === 304 ? { why: 'unchanged at the server' } : { fetched };
  } catch (error) {
    if (error.code !== 'UNAVAILABLE') throw error;
    return { why: 'the server cannot be reached' };
  }
}

/** The content of the cache: the records of all models. */
export async function listCached({ cache = 'auto' } = {}) {
  const { store } = await storeOf(cache);
  const keys = store?.keys ? await store.keys() : [];
  const records = await Promise.all(keys.filter((key) => new URL(key).searchParams.has(RECORD)).map((key) => parse(store, key)));
  return records.filter(Boolean);
}

/** Deletes the models that came from `url`, or all. @returns {Promise<number>} the number of deleted models */
export async function deleteCached(url, { cache = 'auto' } = {}) {
  const { store } = await storeOf(cache);
  const wanted = (await listCached({ cache })).filter((record) => url === undefined || record.url === String(url));
  for (const { key } of wanted) await remove(store, key);
  return wanted.length;
}

async function storeOf(cache) {
  if (cache === false || cache === null) return { reason: 'switched off' };
  if (cache === 'auto') {
    const store = await host.openStore?.().catch(() => undefined);
    return store ? { store } : { reason: 'this host offers no cache here' };
  }
  if (typeof cache?.get === 'function' && typeof cache.put === 'function') return { store: settled(cache) };
  throw new TypeError("cache: expected 'auto', false or an object with get(key) and put(key, response)");
}

// A caller's store may return values instead of promises.
const settled = (store) => ({
  get: async (key) => store.get(key),
  put: async (key, response) => store.put(key, response),
  delete: async (key) => store.delete?.(key),
  keys: store.keys && (async () => [...(await store.keys())]),
});

function keyOf(url, digest) {
  const key = new URL(url);
  key.hash = '';
  if (digest) key.searchParams.set('sha256', digest);
  return key.href;
}

function recordKeyOf(key) {
  const url = new URL(key);
  url.searchParams.set(RECORD, '1');
  return url.href;
}

const readRecord = (store, key) => parse(store, recordKeyOf(key));

async function parse(store, recordKey) {
  try {
    const found = await store.get(recordKey);
    if (!found) return undefined;
    const parts = [];
    for await (const chunk of (await chunksOf(found)).chunks) parts.push(chunk.slice()); // a store may reuse its buffer
    return JSON.parse(await new Blob(parts).text());
  } catch {
    return undefined; // unreadable: treated as absent
  }
}

async function remove(store, key) {
  await store.delete(recordKeyOf(key)).catch(() => {});
  await store.delete(key).catch(() => {});
}

function conditionsOf({ etag, lastModified }) {
  if (etag) return { 'if-none-match': etag };
  return lastModified ? { 'if-modified-since': lastModified } : undefined;
}

// cache-control: the Cache API of edge Workers requires it to keep a response.
const responseOf = (body, type) =>
  new Response(body, { headers: { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' } });

/**
 * The download, copied into the store while it is read. The record is written after the model has loaded successfully.
 */
function fetchInto(store, key, { chunks, total, response }, url, digest) {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  let failure;
  let ended = false;
  const stored = store
    .put(key, responseOf(readable, 'application/octet-stream'))
    .catch((error) => (failure = error))
    .then(() => (ended = true));
  writer.closed.catch(() => {});

  async function* copied() {
    for await (const chunk of chunks) {
      // A store that is full or fails does not stop the load.
      if (!ended) {
        writer.write(chunk).catch((error) => (failure ??= error));
        await Promise.race([writer.ready.catch(() => {}), stored]);
      }
      yield chunk;
    }
  }

  const opened = {
    chunks: copied(),
    total,
    digest,
    cache: 'none',
    cacheReason: '',
    async commit(actual, bytes) {
      opened.discard = undefined;
      if (!ended) await Promise.race([writer.close().catch(() => {}), stored]);
      await stored;
      const record = {
        key,
        url,
        digest: actual,
        bytes,
        etag: response?.headers.get('etag') ?? null,
        lastModified: response?.headers.get('last-modified') ?? null,
        saved: new Date().toISOString(),
      };
      try {
        if (failure) throw failure;
        await store.put(recordKeyOf(key), responseOf(JSON.stringify(record), 'application/json'));
        opened.cache = 'stored';
      } catch (error) {
        opened.cacheReason = `the cache could not store it: ${error.message}`;
        await remove(store, key);
      }
    },
    async discard(error) {
      await writer.abort(error).catch(() => {});
      await stored;
      if (!failure) await remove(store, key); // the store may have kept an incomplete file
    },
  };
  return opened;
}
