// Texts through a model, as text-embeddings-inference asks for them: pairs, token ids, truncation, raw scores, vectors that are normalized
// or cut. Each text runs alone, unpadded, so that its answer never depends on others. The settings are those of the manifest.
import { Tensor } from 'onedge';
import { invalid, tooLarge } from './errors.js';

const TURN = 8; // texts of one request between two moments in which others get theirs

export class TextModel {
  #served;
  #tokenizer;
  #settings;

  /** @param {import('./served.js').Served} served which outlives this */
  constructor(served) {
    this.#served = served;
    this.#tokenizer = served.model.tokenizer;
    const { preprocessing, postprocessing } = served.description.manifest ?? {};
    this.#settings = { ...preprocessing, ...postprocessing };
  }

  get tokenizer() {
    if (!this.#tokenizer) throw invalid(`model '${this.#served.name}' has no tokenizer`);
    return this.#tokenizer;
  }
  /** Tokens, special ones included; undefined: as tokenizer.json says. */
  get maxLength() {
    return this.#settings.max_length || undefined;
  }
  get pooling() {
    return this.#settings.pooling ?? 'mean';
  }

  /**
   * @param {(string | [string, string] | number[])[]} inputs a text, a pair, or the ids of one
   * @param {{truncate: boolean, direction: 'left' | 'right', maxTokens: number}} options
   * @returns {{ids: Int32Array, typeIds: Int32Array, attentionMask: Uint8Array}[]}
   */
  encode(inputs, { truncate, direction, maxTokens }) {
    return inputs.map((input) => {
      if (typeof input[0] === 'number') return this.#fromIds(input, Math.min(this.maxLength ?? Infinity, maxTokens), truncate, direction);
      const encoded = (options) => this.tokenizer.encodeBatch([input], { padding: false, ...options })[0];
      const whole = encoded({ truncation: false });
      const limit = Math.min(this.maxLength ?? encoded({}).ids.length, maxTokens);
      if (whole.ids.length <= limit) return whole;
      if (!truncate) throw tooLong(limit, whole.ids.length);
      return encoded({ truncation: { maxLength: limit, direction } });
    });
  }

  #fromIds(input, limit, truncate, direction) {
    if (!input.every((id) => Number.isInteger(id) && id >= 0 && id < this.tokenizer.vocabularySize)) {
      throw invalid(`inputs: expected token ids from 0 to ${this.tokenizer.vocabularySize - 1}`);
    }
    if (input.length > limit && !truncate) throw tooLong(limit, input.length);
    const ids = Int32Array.from(direction === 'left' ? input.slice(-limit) : input.slice(0, limit));
    return { ids, typeIds: new Int32Array(ids.length), attentionMask: new Uint8Array(ids.length).fill(1) };
  }

  /** The first output of each text, in order. `pause` is called now and then. @returns {Promise<Tensor[]>} */
  async run(encodings, { pause, signal }) {
    const { session } = this.#served;
    const outputs = [];
    for (const [i, encoding] of encodings.entries()) {
      if (i > 0 && i % TURN === 0) await pause();
      signal?.throwIfAborted();
      const output = (await session.run(this.#feeds(encoding)))[session.outputNames[0]];
      if (output.dtype !== 'float32') throw invalid(`output '${session.outputNames[0]}': expected float32, the model gives ${output.dtype}`);
      outputs.push(output);
    }
    return outputs;
  }

  #feeds({ ids, typeIds, attentionMask }) {
    const sources = { input_ids: ids, attention_mask: attentionMask, token_type_ids: typeIds, position_ids: Array.from(ids.keys()) };
    const feeds = {};
    for (const { name, dtype } of this.#served.description.signature.inputs) {
      if (!sources[name]) throw invalid(`the model's input '${name}' is none that texts give: ${Object.keys(sources).join(', ')}; ask /v2/models/{model}/infer with tensors`);
      feeds[name] = new Tensor(dtype, sources[name], [1, ids.length]);
    }
    return feeds;
  }

  /** Labels with scores, best first. logits: float32 [labels] or [1, labels]. raw: before softmax or sigmoid */
  rank({ data, dims }, raw) {
    const { labels } = this.#served.description;
    if (dims.length > 2 || data.length !== labels.length) throw invalid(`the model gives [${dims}] scores for ${labels.length} labels`);
    const scores = raw ? data : scoresOf(data, this.#settings.function);
    return labels.map((label, i) => ({ score: scores[i], label })).sort((a, b) => b.score - a.score);
  }

  /** How well a pair fits, for a cross-encoder: its one logit, or that between 0 and 1. */
  relevance({ data, dims }, raw) {
    if (data.length !== 1) throw invalid(`reranking needs a cross-encoder, which gives one score; model '${this.#served.name}' gives [${dims}]`);
    return raw ? data[0] : scoresOf(data, this.#settings.function)[0];
  }

  /** float32 [dimensions]. hidden: float32 [1, tokens, dim], which is pooled, or [1, dim] */
  vector(hidden, { normalize = this.#settings.normalize ?? true, dimensions = this.#settings.dimensions || Infinity }) {
    const whole = pool(hidden, this.pooling);
    if (dimensions !== Infinity && !(Number.isInteger(dimensions) && dimensions > 0 && dimensions <= whole.length)) {
      throw invalid(`dimensions: expected 1 to ${whole.length}, got ${dimensions}`);
    }
    const vector = whole.slice(0, dimensions);
    return normalize ? normalized(vector) : vector;
  }
}

const tooLong = (limit, count) => tooLarge(`inputs: a text may have ${limit} tokens, this one has ${count}; "truncate": true cuts it`);

// In double, then rounded, as the native tasks do it.
function scoresOf(logits, name = logits.length === 1 ? 'sigmoid' : 'softmax') {
  if (name === 'none') return logits;
  if (name === 'sigmoid' || logits.length === 1) return Float32Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
  const largest = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((all, one) => all + one, 0);
  return Float32Array.from(exponentials, (one) => one / sum);
}

// Float32Arrays round after every step, as the native task does.
function pool({ data, dims }, pooling) {
  const dim = dims.at(-1);
  const tokens = data.length / dim;
  if (dims.length < 2 || dims.length > 3 || dims[0] !== 1 || tokens < 1) throw invalid(`an embedding needs an output [1, tokens, dim] or [1, dim], this is [${dims}]`);
  const token = (t) => data.slice(t * dim, (t + 1) * dim);
  if (pooling === 'cls') return token(0);
  if (pooling === 'last_token') return token(tokens - 1);
  const out = token(0);
  for (let t = 1; t < tokens; ++t) {
    for (let d = 0; d < dim; ++d) out[d] = pooling === 'max' ? Math.max(out[d], data[t * dim + d]) : out[d] + data[t * dim + d];
  }
  return pooling === 'max' ? out : out.map((sum) => sum / tokens);
}

function normalized(vector) {
  const squares = vector.reduce((sum, value) => sum + value * value, 0);
  return squares === 0 ? vector : vector.map((value) => value * (1 / Math.sqrt(squares)));
}
