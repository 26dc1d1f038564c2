// onedge/internal: the parts of js/ that worker/ uses. Not public: any version may change it.
export { openCached } from './cache.js';
export { read, requireOk } from './content.js';
export { contractOf } from './model.js';
export { megabytes, requireRoom } from './memory_limit.js';
export { DigestStreamSha256, WholeSha256, sha256 } from './sha256.js';
export { Source } from './source.js';
