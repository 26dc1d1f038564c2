// A session of a model in a worker, with the interface of Session.
import { DescribedSession } from '../described.js';
import { requireLive } from '../error.js';
import { revived } from './messages.js';

export class OffThreadSession extends DescribedSession {
  #caller; // null after dispose()
  #session; // its number in the worker
  #stats;
  #release;

  /** @param {import('./thread.js').Caller} caller @param {() => void} release called when the session is disposed of */
  constructor(caller, session, description, stats, release) {
    super();
    this.#caller = caller;
    this.#session = session;
    this.#stats = stats;
    this.#release = release;
    this.description = description;
  }

  async run(feeds, options) {
    return revived(await this.#call('run', feeds, options));
  }

  async profile(feeds, options) {
    const { outputs, steps } = await this.#call('profile', feeds, options);
    return { outputs: revived(outputs), steps };
  }

  /** The statistics after the last answer. */
  stats() {
    requireLive(this.#caller, 'session');
    return { ...this.#stats, worker: true };
  }

  dispose() {
    this.#caller?.call({ call: 'endSession', session: this.#session }).catch(() => {}); // the worker has stopped
    if (this.#caller) this.#release();
    this.#caller = null;
  }

  async #call(method, feeds, { signal, ...options } = {}) {
    const caller = requireLive(this.#caller, 'session');
    const message = { call: 'useSession', session: this.#session, method, feeds, options };
    const { result, stats } = await caller.call(message, { signal });
    this.#stats = stats;
    return result;
  }
}
