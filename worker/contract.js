// Requests that the core answers (src/contract): the body's bytes in, steps, the answer's bytes out.
import { OnedgeError } from 'onedge';

/** The answers of one model. */
export class Contract {
  #handle;

  /** @param {object} handle of wasm, which it owns from now on */
  constructor(handle) {
    this.#handle = handle;
  }

  /**
   * Reads a request and turns its texts into tokens.
   * @param {string} route 'predict', 'embed', ... as src/contract/contract.h lists them
   * @param {Uint8Array} body
   * @param {{jsonLength: string | null, limits: {maxBatch: number, maxTokens: number, maxBatchTokens: number}}} options jsonLength: the
   *   header Inference-Header-Content-Length
   * @returns {Call}
   */
  start(route, body, { jsonLength, limits: { maxBatch, maxTokens, maxBatchTokens } }) {
    return new Call(this.#handle, this.#handle.start(route, body, jsonLength, maxBatch, maxTokens, maxBatchTokens));
  }

  dispose() {
    this.#handle.delete();
  }
}

/** A request on its way to its answer. It ends with the answer, with a failure, or with stop(). */
class Call {
  #handle;
  #number; // undefined once it has ended: another call may have the number then

  constructor(handle, number) {
    this.#handle = handle;
    this.#number = number;
  }

  /** Tokens that go through the model. */
  get tokens() {
    return this.#handle.tokens(this.#number);
  }

  /** @returns {Response | undefined} undefined while there is more to do */
  step() {
    const answer = this.#handle.step(this.#number);
    if (answer === undefined) return undefined;
    this.#number = undefined;
    if (answer.error) throw failureOf(answer.error);
    return responseOf(answer);
  }

  stop() {
    if (this.#number !== undefined) this.#handle.stop(this.#number);
    this.#number = undefined;
  }
}

function responseOf({ contentType, jsonLength, body }) {
  const headers = { 'content-type': contentType };
  if (jsonLength !== undefined) headers['inference-header-content-length'] = String(jsonLength);
  return new Response(body, { headers });
}

// What the body says (400) and what is beyond a limit (413) have their status; the others have that of their code. A run that does not fit
// the memory has none either: there may be room once another model has gone.
function failureOf({ status, memory, ...details }) {
  const own = (status === 400 || status === 413) && !memory;
  return Object.assign(new OnedgeError(details), own && { status, headers: {} });
}
