// The Cache API as a store of models: browsers (in secure contexts) and edge Workers.

/** @returns {Promise<object | undefined>} undefined if the host has no Cache API */
export async function cacheApiStore() {
  if (typeof caches !== 'object') return undefined;
  const cache = await caches.open('onedge');
  return {
    get: (key) => cache.match(key),
    put: (key, response) => cache.put(key, response),
    delete: (key) => cache.delete(key),
    // Edge Workers cannot list their cache.
    keys: async () => (cache.keys ? (await cache.keys()).map(({ url }) => url) : []),
  };
}
