// Hugging Face tokenizers, npm package `tokenizers` 0.23.2, for the requests of lines.h. TOKENIZERS_PACKAGE names the
// folder of the package if it is not installed beside this repository.
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const at = process.env.TOKENIZERS_PACKAGE;
export const hf = require(at ? path.resolve(at) : 'tokenizers');

const encodingJson = (e) => ({
  ids: e.getIds(),
  type_ids: e.getTypeIds(),
  mask: e.getAttentionMask(),
  special: e.getSpecialTokensMask(),
  offsets: e.getOffsets(),
  tokens: e.getTokens(),
  words: e.getWordIds().map((x) => x ?? null),
  sequences: e.getSequenceIds().map((x) => x ?? null),
  overflow: e.getOverflowing().map(encodingJson),
});

export const loadHuggingFace = (json) => hf.Tokenizer.fromString(JSON.stringify(json));

export async function answer(tokenizer, request) {
  if (request.decode) {
    return {
      decoded: await tokenizer.decode(request.decode, false),
      decoded_without_special: await tokenizer.decode(request.decode, true),
    };
  }
  if (request.truncation) {
    const { max_length, ...options } = request.truncation;
    tokenizer.setTruncation(max_length, options);
  } else tokenizer.disableTruncation();
  if (request.padding) tokenizer.setPadding(request.padding);
  else tokenizer.disablePadding();
  try {
    const encoding = await tokenizer.encode(request.text, request.pair ?? null, { addSpecialTokens: request.add_special_tokens ?? true });
    return encodingJson(encoding);
  } catch (error) {
    return { error: error.message };
  }
}
