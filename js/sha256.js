// SHA-256 by the host's own functions, in hex.
const toHex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Of a text or of bytes. @param {string | BufferSource} content @returns {Promise<string>} */
export async function sha256(content) {
  return toHex(await crypto.subtle.digest('SHA-256', typeof content === 'string' ? new TextEncoder().encode(content) : content));
}

/** Of bytes as they stream, in edge Workers. */
export class DigestStreamSha256 {
  #stream = new crypto.DigestStream('SHA-256');
  #writer = this.#stream.getWriter();

  constructor() {
    this.#stream.digest.catch(() => {});
  }

  /** Copies the bytes. Resolves when they are hashed. */
  update(bytes) {
    return this.#writer.write(bytes.slice());
  }

  /** Ends the stream, also where nobody wants its digest. */
  end() {
    this.#writer.close().catch(() => {});
  }

  async digest() {
    this.end();
    return toHex(await this.#stream.digest);
  }
}

/** On hosts that can hash only whole content: it keeps a copy until then. */
export class WholeSha256 {
  #parts = [];

  update(bytes) {
    this.#parts.push(bytes.slice());
  }

  end() {}

  async digest() {
    return sha256(await new Blob(this.#parts).arrayBuffer());
  }
}
