// `worker: true`: a model in its own worker, with the interface of Model. Answers are transferred. Weights pass through
// this thread only if it alone can read the source, and then chunk by chunk.
import { piecesOf } from '../content.js';
import { DescribedModel } from '../described.js';
import { onedgeError } from '../error.js';
import { host } from '../host.js';
import { keyOf } from '../options.js';
import { shareWork } from '../shared_work.js';
import { Source, accept, readSource } from '../source.js';
import { revived } from './messages.js';
import { OffThreadSession } from './session.js';
import { Caller } from './thread.js';

const disposed = () => onedgeError('INVALID_ARGUMENT', 'this model has been disposed of');

/** Removes a user. The worker stops after its last user. */
function release(shared) {
  if (--shared.users === 0) shared.caller.stop(disposed());
}

class OffThreadModel extends DescribedModel {
  #shared; // {caller, users}: models that are loaded at the same time share one worker, also for their sessions
  #live = true;

  constructor(shared) {
    super();
    this.#shared = shared;
    this.description = shared.description;
    this.tokenizer = shared.vocabularySize === undefined ? null : new OffThreadTokenizer(shared);
  }

  async run(input, { signal, ...options } = {}) {
    if (!this.#live) throw disposed();
    const answers = await this.#shared.caller.call({ call: 'run', input, options }, { signal });
    return Array.isArray(answers) ? answers.map(withTensors) : withTensors(answers);
  }

  async session() {
    if (!this.#live) throw disposed();
    this.#shared.users += 1;
    try {
      const { session, stats } = await this.#shared.caller.call({ call: 'session' });
      return new OffThreadSession(this.#shared.caller, session, this.description, stats, () => release(this.#shared));
    } catch (error) {
      release(this.#shared);
      throw error;
    }
  }

  /** The statistics after the last answer. */
  stats() {
    if (!this.#live) throw disposed();
    return { ...this.#shared.caller.stats, ...this.#shared.cached, worker: true };
  }

  dispose() {
    if (this.#live) release(this.#shared);
    this.#live = false;
  }
}

// An answer of tensors by name: they lost their class in the message.
const withTensors = (answer) => (ArrayBuffer.isView(answer) ? answer : revived(answer));

/** A Tokenizer whose methods return promises. */
class OffThreadTokenizer {
  #shared;
  constructor(shared) {
    this.#shared = shared;
  }
  get vocabularySize() {
    return this.#shared.vocabularySize;
  }
  static {
    for (const method of ['encode', 'encodeBatch', 'decode', 'tokenToId', 'idToToken']) {
      this.prototype[method] = function (...args) {
        return this.#shared.caller.call({ call: 'tokenizer', method, args });
      };
    }
  }
  dispose() {}
}

const ownership = {
  share: (shared) => {
    shared.users += 1;
    return shared;
  },
  dispose: release,
};

/** @param {import('../source.js').Source} source @param {object} options those of load() */
export async function loadOffThread(source, options) {
  if (!host.startThread) {
    throw onedgeError('UNSUPPORTED', 'worker: true: this host has no workers; remove the option');
  }
  return new OffThreadModel(await shareWork(keyOf(source, options), (own) => start(source, { ...options, ...own }), ownership, options));
}

async function start(source, { signal, onProgress, worker, fallback, ...options }) {
  if (options.externalData) options.externalData = await portable(options.externalData);
  // The worker opens a URL, a path or a Blob itself. A stream, or the caller's own cache, is read here.
  if (source.portable !== undefined && typeof options.cache !== 'object') {
    return startWorker({ source: source.portable, options }, { signal, onProgress });
  }
  return readSource(source, { ...options, signal }, async (opened) => {
    const pieces = ownPieces(opened.chunks);
    try {
      const message = { total: opened.total, options: { ...options, cache: false } };
      const shared = await startWorker(message, { signal, onProgress }, async () => (await pieces.next()).value);
      await accept(opened, shared.description, source.name).catch((error) => {
        shared.caller.stop(error);
        throw error;
      });
      return { ...shared, cached: { cache: opened.cache, cacheReason: opened.cacheReason } };
    } finally {
      await pieces.return().catch(() => {});
    }
  });
}

// The external files in a form that can be sent to the worker, which opens them.
async function portable(files) {
  const sent = {};
  for (const [name, given] of Object.entries(files)) {
    const file = await given;
    sent[name] = ArrayBuffer.isView(file) || file instanceof ArrayBuffer ? file : Source.of(file).portable;
    if (sent[name] !== undefined) continue;
    throw new TypeError(`externalData: '${name}': with worker: true give a URL, a path, a Blob or bytes`);
  }
  return sent;
}

async function startWorker(message, { signal, onProgress }, nextChunk) {
  const caller = new Caller(host.startThread(), nextChunk);
  try {
    const { description, vocabularySize } = await caller.call({ call: 'load', ...message }, { signal, onProgress });
    return { caller, description, vocabularySize, users: 1 };
  } catch (error) {
    caller.stop(error);
    throw error;
  }
}

// Copies of at most 1 MB, which can be transferred: a chunk may be a view of the caller's memory.
async function* ownPieces(chunks) {
  for await (const chunk of chunks) for (const piece of piecesOf(chunk)) yield new Uint8Array(piece);
}
