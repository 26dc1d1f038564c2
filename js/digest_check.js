// Hashes a model with the host's own SHA-256, which is faster than that of the module. C++ sends the bytes and says
// where each part ends (src/package/host_hash.h).
import { onedgeError } from './error.js';
import { host } from './host.js';

export class DigestCheck {
  #name; // of the model, for messages
  #hash;
  #writes = [];
  #checks = [];
  /** The promise of the digest of a whole .onnx file. */
  file;

  /** @param {string} name of the model @returns {DigestCheck | undefined} undefined: let the module hash it */
  static create(name) {
    return host.sha256 && new DigestCheck(name);
  }

  constructor(name) {
    this.#name = name;
  }

  /** @param {Uint8Array} bytes a view over wasm memory, valid during the call */
  update(bytes) {
    this.#hash ??= host.sha256();
    const write = this.#hash.update(bytes);
    if (write) this.#writes.push(write);
  }

  /** @param {string} part empty for a whole .onnx file @param {string} expected its digest in hex */
  end(part, expected) {
    const digest = Promise.resolve((this.#hash ?? host.sha256()).digest());
    this.#hash = undefined;
    if (part) this.#checks.push(digest.then((actual) => requireEqual(this.#name, part, expected, actual)));
    else this.file = digest;
    digest.catch(() => {}); // a load that fails earlier does not wait for it
    this.#checks.at(-1)?.catch(() => {});
  }

  /** Resolves when the host has taken all bytes so far, which limits the memory of bytes that wait. */
  async taken() {
    await Promise.all(this.#writes.splice(0));
  }

  /** Rejects if the digest of a part is wrong. Call after the last byte. */
  async passed() {
    await Promise.all(this.#checks);
  }
}

function requireEqual(name, part, expected, actual) {
  if (actual === expected) return;
  const message = `${name}: part '${part}': its SHA-256 is ${actual}, manifest.json says ${expected}: the bytes were changed; get the package again`;
  throw onedgeError('CORRUPT_FILE', message);
}
