// The public interface of the cache: caches.list() and caches.delete().
export { deleteCached as delete, listCached as list } from './cache.js';
