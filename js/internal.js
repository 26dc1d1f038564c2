// onedge/internal: what worker/ of this package needs of js/. Not public: it changes with any version.
export { openCached } from './cache.js';
export { read, requireOk } from './content.js';
export { arrayTypeOf } from './dtype.js';
export { megabytes, requireRoom } from './memory_limit.js';
export { Source } from './source.js';
