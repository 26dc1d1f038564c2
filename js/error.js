// OnedgeError: thrown by every function of this package, besides TypeError for misuse and AbortError for signals.

export class OnedgeError extends Error {
  /**
   * @param {{code: string, message: string, node?: string, op?: string}} details `code` is one of INVALID_ARGUMENT,
   * CORRUPT_FILE, NOT_FOUND, UNAVAILABLE, UNSUPPORTED, RESOURCE_EXHAUSTED, CANCELLED, DEADLINE_EXCEEDED, INTERNAL;
   * `node` and `op` name the graph node at fault, if any.
   */
  constructor({ code, message, node = '', op = '' }, options) {
    super(message, options);
    this.name = 'OnedgeError';
    this.code = code;
    this.node = node;
    this.op = op;
  }
}

/** @param {string} code @param {string} message @param {any} [cause] @returns {OnedgeError} */
export const onedgeError = (code, message, cause) => new OnedgeError({ code, message }, cause && { cause });

/** Returns the answer of the wasm module, or throws the error in it. */
export function check(answer) {
  if (answer !== null && typeof answer === 'object' && answer.error) throw new OnedgeError(answer.error);
  return answer;
}

/** Checks a handle that may have been disposed of. */
export function requireLive(handle, what) {
  if (!handle) throw onedgeError('INVALID_ARGUMENT', `this ${what} has been disposed of`);
  return handle;
}
