// The exports of this package, on every host.
export * as caches from './caches.js';
export { load } from './load.js';
export { Model } from './model.js';
export { Session } from './session.js';
export { Tensor } from './tensor.js';
export { Tokenizer } from './tokenizer.js';
export { OnedgeError } from './error.js';
