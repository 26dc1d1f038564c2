// Requests that the core answers (src/contract): bytes of the body in, steps, bytes of the answer out.
import { OnedgeError } from 'onedge';

/** Answers requests to one model. */
export class Contract {
  #handle;

  /** @param {object} the wasm handle, owned from now on */
  constructor(handle) {
    this.#handle = handle;
  }

  /**
   * Reads a request and tokenizes its texts.
   * @param {string} route 'predict', 'embed', ...: src/contract/contract.h lists them
   * @param {Uint8Array} body
   * @param {{jsonLength: string | null, limits: {maxBatch: number, maxTokens: number, maxBatchTokens: number}}} options
   * jsonLength: the header Inference-Header-Content-Length
   * @returns {Call}
   */
  start(route, body, { jsonLength, limits: { maxBatch, maxTokens, maxBatchTokens } }) {
    return new Call(this.#handle, this.#handle.start(route, body, jsonLength, maxBatch, maxTokens, maxBatchTokens));
  }

  dispose() {
    this.#handle.delete();
  }
}

/** A request in progress. It ends with the answer, a failure, or stop(). */
class Call {
  #handle;
  #number; // undefined after the end: another call may then have the number

  constructor(handle, number) {
    this.#handle = handle;
    this.#number = number;
  }

  /** The number of tokens that run through the model. */
  get tokens() {
    return this.#handle.tokens(this.#number);
  }

  /** @returns {Response | undefined} undefined while more work remains */
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

// A body that cannot be read (400) and an exceeded limit (413) keep their status; other failures get the status of
// their code. So does a run that does not fit the memory: it may fit after another model is disposed of.
function failureOf({ status, memory, ...details }) {
  const own = (status === 400 || status === 413) && !memory;
  return Object.assign(new OnedgeError(details), own && { status, headers: {} });
}
