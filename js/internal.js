// onedge/internal: the parts of js/ that worker/ uses. Not public: any version may change it.
export { openCached } from './cache.js';
export { read, requireOk } from './content.js';
export { DigestStreamSha256, toHex } from './digest_stream.js';
export { contractOf } from './model.js';
export { megabytes, requireRoom } from './memory_limit.js';
export { Source } from './source.js';
