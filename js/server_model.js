// `fallback`: a model on an onedge server, with the interface of Model. docs/openapi.yaml is the contract.
import { DescribedModel } from './described.js';
import { onedgeError, requireLive } from './error.js';
import { requireKnown } from './options.js';

const CODES = {
  400: 'INVALID_ARGUMENT', 404: 'NOT_FOUND', 413: 'RESOURCE_EXHAUSTED', 422: 'INVALID_ARGUMENT', 429: 'UNAVAILABLE', 503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

class ServerModel extends DescribedModel {
  #base;
  #model;
  #reason;
  #runMilliseconds = null;

  constructor(base, info, reason) {
    super();
    this.#base = base;
    this.#model = info.model_id;
    this.#reason = reason;
    const { model_id: name, version, model_sha: digest, task, labels, signature } = info;
    this.description = { name, version, digest, task, labels, signature };
    /** The server tokenizes. */
    this.tokenizer = null;
  }

  async run(input, options = {}) {
    requireKnown(options, ['topK', 'top_k', 'signal', 'cancelled'], 'run on a server (fallback)');
    const { topK, top_k = topK, signal } = options;
    const model = requireLive(this.#model, 'model');
    const wanted = top_k ?? (this.task === 'text-ranking' || top_k === null ? 0 : 1);
    if (!Number.isSafeInteger(wanted) || wanted < 0) throw new TypeError(`topK: expected an integer of at least 0, got ${wanted}`);
    const batch = Array.isArray(input) ? input : [input];
    if (batch.length === 0) return [];
    const started = performance.now();
    const answers = await this.#ask(batch, (route, body) => call(this.#base, route, { model, truncate: true, ...body }, signal));
    this.#runMilliseconds = performance.now() - started;
    const cut = answers.map((answer) => (wanted && !ArrayBuffer.isView(answer) ? answer.slice(0, wanted) : answer));
    return Array.isArray(input) ? cut : cut[0];
  }

  async #ask(batch, post) {
    switch (this.task) {
      case 'feature-extraction':
        return (await post('/embed', { inputs: batch.map(textOf) })).map((vector) => Float32Array.from(vector));
      case 'text-ranking':
        return Promise.all(batch.map(({ query, texts }) => post('/rerank', { query: textOf(query), texts: texts.map(textOf) })));
      case 'text-classification':
      case 'image-classification':
        // text-embeddings-inference reads a flat array of two texts as a pair, so each input gets its own array.
        return post('/predict', { inputs: batch.map(partsOf) });
      default:
        throw onedgeError('UNSUPPORTED', `${this.#base}: servers have no route for the task '${this.task}'`);
    }
  }

  async session() {
    const message = `${this.#base}: a model at a server has no sessions here; ask its /v2/models/${this.#model}/infer`;
    throw onedgeError('UNSUPPORTED', message);
  }

  stats() {
    requireLive(this.#model, 'model');
    return { build: 'server', buildReason: this.#reason, server: this.#base, runMilliseconds: this.#runMilliseconds };
  }

  dispose() {
    this.#model = null;
  }
}

/**
 * The model on the server at options.fallback with the file name of `source`, or its only model.
 * @param {import('./source.js').Source} source @param {Error} error the reason for the fallback
 */
export async function openServerModel(source, { fallback, signal }, error) {
  const base = String(fallback).replace(/\/+$/, '');
  const file = (source.name ?? '').replace(/[?#].*/, '');
  const name = file.split(/[\\/]/).at(-1).replace(/\.(onedge|onnx)$/, '');
  const info = await call(base, `/info${name ? `?model=${encodeURIComponent(name)}` : ''}`, undefined, signal);
  return new ServerModel(base, info, error.message);
}

async function call(base, route, body, signal) {
  const url = base + route;
  const request = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  let response;
  try {
    response = await fetch(url, { ...request, signal });
  } catch (error) {
    signal?.throwIfAborted();
    const message = `${url}: cannot be reached: ${error.cause?.message || error.message}`;
    throw onedgeError('UNAVAILABLE', message, error);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const message = `${url}: ${answer.error ?? `HTTP status ${response.status}`}`;
  throw onedgeError(CODES[response.status] ?? 'INTERNAL', message);
}

function textOf(input) {
  if (typeof input !== 'string') throw new TypeError(`run: expected a string, got ${typeof input}`);
  return input;
}

// A text, a pair of texts, or an image.
function partsOf(input) {
  if (ArrayBuffer.isView(input?.data)) return [pixelsOf(input)];
  const { text = input, text_pair: pair } = Array.isArray(input) ? { text: input[0], text_pair: input[1] } : (input ?? {});
  return (pair === undefined ? [text] : [text, pair]).map(textOf);
}

function pixelsOf({ data, width, height, channels }) {
  let binary = '';
  for (let i = 0; i < data.length; i += 8192) binary += String.fromCharCode(...data.subarray(i, i + 8192));
  return { pixels: btoa(binary), width, height, channels: channels ?? data.length / (width * height) };
}
