// Requests that the core answers (src/contract): bytes of the body in, steps, bytes of the answer out.
import { OnedgeError } from 'onedge';

// A call in progress takes its next step at once, or when the event loop is free. A call without a step for this time
// belongs to a request that the host ended, and would block the session. In ms.
const LOST_AFTER = 30_000;

/**
 * Answers requests to one model. Several calls may take turns: while one is in the middle of a run, the others wait.
 */
export class Contract {
  #handle;
  #calls = new Set(); // that go on

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
    const number = this.#handle.start(route, body, jsonLength, maxBatch, maxTokens, maxBatchTokens);
    if (number.error) throw new OnedgeError(number.error);
    return new Call(this.#handle, number, this.#calls);
  }

  dispose() {
    this.#handle.delete();
  }
}

/** A request in progress. It ends with the answer, a failure, or stop(). */
class Call {
  #handle;
  #number; // undefined after the end: another call may then have the number
  #calls;
  #lastStep = Date.now(); // ms

  constructor(handle, number, calls) {
    this.#handle = handle;
    this.#number = number;
    this.#calls = calls.add(this);
  }

  /** The number of tokens that run through the model. */
  get tokens() {
    return this.#handle.tokens(this.#number);
  }

  /** @returns {Response | undefined} undefined while more work remains */
  step() {
    this.#lastStep = Date.now();
    this.#endLostCalls();
    if (this.#number === undefined) throw new OnedgeError({ code: 'UNAVAILABLE', message: 'the request made no progress for too long: send it again' });
    const answer = this.#handle.step(this.#number);
    if (answer === undefined) return undefined;
    this.#end();
    if (answer.error) throw failureOf(answer.error);
    return responseOf(answer);
  }

  stop() {
    if (this.#number !== undefined) this.#handle.stop(this.#number);
    this.#end();
  }

  #end() {
    this.#number = undefined;
    this.#calls.delete(this);
  }

  #endLostCalls() {
    for (const call of this.#calls) if (this.#lastStep - call.#lastStep > LOST_AFTER) call.stop();
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
