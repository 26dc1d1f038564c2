// The SHA-256 of bytes as they stream, in edge Workers.
export const toHex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

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

  /** @returns {Promise<string>} in hex */
  async digest() {
    this.end();
    return toHex(await this.#stream.digest);
  }
}
