// POST /tokenize: texts to tokens. POST /decode: ids to texts.
import { invalid } from '../errors.js';
import { flag, inputsOf, requireBatch } from '../text_requests.js';

export async function tokenize({ json, use, limits, timing }) {
  const body = await json();
  return use(body.model, async ({ texts: { tokenizer } }) => {
    const { inputs } = inputsOf(body.inputs, 'ids', limits.maxBatch);
    if (!inputs.every((input) => typeof input === 'string')) throw invalid('inputs: expected texts');
    const options = { addSpecialTokens: flag(body, 'add_special_tokens', true), padding: false, truncation: false };
    const encodings = await timing.measure('tokenize', () => tokenizer.encodeBatch(inputs, options));
    return encodings.map((encoding, i) => tokensOf(encoding, inputs[i], tokenizer));
  });
}

// Offsets are in bytes of UTF-8, as text-embeddings-inference counts; special tokens have none.
function tokensOf({ ids, offsets, specialTokensMask }, text, tokenizer) {
  const bytesBefore = utf8Lengths(text);
  return Array.from(ids, (id, i) => {
    if (specialTokensMask[i] === 1) return { id, text: tokenizer.idToToken(id) ?? '', special: true, start: null, stop: null };
    const [start, stop] = offsets[i];
    return { id, text: text.slice(start, stop), special: false, start: bytesBefore[start], stop: bytesBefore[stop] };
  });
}

// For each UTF-16 offset the bytes before it; a lone surrogate counts as U+FFFD, which the tokenizer sees in its place.
function utf8Lengths(text) {
  const before = new Uint32Array(text.length + 1);
  let bytes = 0;
  let at = 0;
  for (const character of text) {
    before.fill(bytes, at, at + character.length);
    const point = character.codePointAt(0);
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    at += character.length;
  }
  before[at] = bytes;
  return before;
}

export async function decode({ json, use, limits, timing }) {
  const body = await json();
  return use(body.model, async ({ texts: { tokenizer } }) => {
    const skipSpecialTokens = flag(body, 'skip_special_tokens', true);
    const batch = typeof body.ids?.[0] === 'number' ? [body.ids] : body.ids;
    const isIds = (ids) => Array.isArray(ids) && ids.every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31);
    if (!Array.isArray(batch) || batch.length === 0 || !batch.every(isIds)) throw invalid('ids: expected an array of token ids, or an array of such arrays');
    requireBatch(batch, limits.maxBatch, 'ids');
    return timing.measure('tokenize', () => batch.map((ids) => tokenizer.decode(ids, { skipSpecialTokens })));
  });
}
