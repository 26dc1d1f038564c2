// `worker: true`: a model in a worker of its own, with the interface of Model. Answers are transferred; weights never pass through here,
// unless the source can only be read here, and then chunk by chunk.
import { requireDigest } from '../cache.js';
import { DescribedModel } from '../described.js';
import { OnedgeError } from '../error.js';
import { host } from '../host.js';
import { join } from '../single_flight.js';
import { openSource, piecesOf, urlOf } from '../source.js';
import { tensorOf } from '../tensor.js';
import { Caller } from './thread.js';

const disposed = () => new OnedgeError({ code: 'INVALID_ARGUMENT', message: 'this model has been disposed of' });

class OffThreadModel extends DescribedModel {
  #shared; // {caller, users}; several models that were loaded at once share one worker
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

  /** As of the last answer. */
  stats() {
    if (!this.#live) throw disposed();
    return { ...this.#shared.caller.stats, ...this.#shared.cached, worker: true };
  }

  dispose() {
    if (this.#live && --this.#shared.users === 0) this.#shared.caller.stop(disposed());
    this.#live = false;
  }
}

// Tensors by name, where an answer is that, lost their class on the way.
function withTensors(answer) {
  if (ArrayBuffer.isView(answer)) return answer;
  for (const [name, part] of Object.entries(answer)) if (part?.dims) answer[name] = tensorOf(part);
  return answer;
}

/** A Tokenizer whose methods answer promises. */
class OffThreadTokenizer {
  #shared;
  constructor(shared) {
    this.#shared = shared;
  }
  get vocabularySize() {
    return this.#shared.vocabularySize;
  }
  #call(method, args) {
    return this.#shared.caller.call({ call: 'tokenizer', method, args });
  }
  encode(...args) {
    return this.#call('encode', args);
  }
  encodeBatch(...args) {
    return this.#call('encodeBatch', args);
  }
  decode(...args) {
    return this.#call('decode', args);
  }
  tokenToId(...args) {
    return this.#call('tokenToId', args);
  }
  idToToken(...args) {
    return this.#call('idToToken', args);
  }
  dispose() {}
}

export async function loadOffThread(source, options) {
  if (!host.startThread) {
    throw new OnedgeError({ code: 'UNSUPPORTED', message: 'worker: true: this host has no workers; leave the option out' });
  }
  options.signal?.throwIfAborted();
  source = await source;
  const ownership = {
    share: (shared) => (++shared.users, shared),
    dispose: (shared) => shared.caller.stop(disposed()),
  };
  const { worker, fallback, ...rest } = options;
  const start = (passenger) => startModel(source, { ...rest, ...passenger });
  const { digest, memoryLimit, build } = options;
  const name = urlOf(source);
  const shareable = name && !options.wasm && typeof options.cache !== 'object';
  const key = shareable ? ['worker', name, digest, memoryLimit, build, options.cache].join('\n') : Symbol('alone');
  return new OffThreadModel(await join(key, start, ownership, options));
}

async function startModel(source, { signal, onProgress, cache, ...options }) {
  // What a worker can open by itself it does. A stream, or a cache of the caller's own, is read here.
  const named = typeof source === 'string' || source instanceof URL;
  const cloneable = (typeof cache !== 'object' && named) || (typeof Blob === 'function' && source instanceof Blob);
  const opened = cloneable ? undefined : await openSource(source, { signal, cache, digest: options.digest });
  const pieces = opened && ownPieces(opened.chunks);
  const caller = new Caller(host.startThread(), async () => (await pieces.next()).value);
  const message = cloneable
    ? { source: urlOf(source) ?? (source instanceof URL ? source.href : source), options: { ...options, cache } }
    : { total: opened.total, options: { ...options, cache: false } };
  try {
    const { description, vocabularySize } = await caller.call({ call: 'load', ...message }, { signal, onProgress });
    if (opened) {
      requireDigest(opened.digest, description.digest, 'the model');
      await opened.commit?.(description.digest, description.fileBytes);
    }
    const cached = opened && { cache: opened.cache, cacheReason: opened.cacheReason };
    return { caller, description, vocabularySize, cached, users: 1 };
  } catch (error) {
    caller.stop(error);
    await pieces?.return().catch(() => {});
    await opened?.discard?.(error);
    if (opened?.cache === 'hit' && !signal?.aborted && error.code !== 'RESOURCE_EXHAUSTED') {
      await opened.drop();
      return startModel(source, { signal, onProgress, cache, ...options });
    }
    throw error;
  }
}

// Pieces that can be given away: copies, of at most 1 MB at a time, since a chunk may be a view of what belongs to the caller.
async function* ownPieces(chunks) {
  for await (const chunk of chunks) for (const piece of piecesOf(chunk)) yield new Uint8Array(piece);
}
