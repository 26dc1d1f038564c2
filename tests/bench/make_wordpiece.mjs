// Makes a WordPiece tokenizer.json like BERT's uncased one, with `size` pieces: single characters and seeded random
// words; some words continue others.
import { randomNumbers } from './random.mjs';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789.,;:!?\'"-()';
const LETTERS = 26;
const MAX_LETTERS = 12;

export function makeWordPiece(size) {
  const random = randomNumbers(11);
  const pieces = new Set([...SPECIAL, ...ALPHABET, ...[...ALPHABET.slice(0, LETTERS)].map((letter) => `##${letter}`)]);
  while (pieces.size < size) {
    let piece = random() < 0.25 ? '##' : '';
    for (let length = 2 + Math.floor(random() * (MAX_LETTERS - 1)); length > 0; --length) piece += ALPHABET[Math.floor(random() * LETTERS)];
    pieces.add(piece);
  }
  const vocab = Object.fromEntries([...pieces].map((piece, id) => [piece, id]));
  const special = (id) => ({ SpecialToken: { id, type_id: 0 } });
  const ids = Object.fromEntries(['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }]));
  return {
    version: '1.0', truncation: null, padding: null,
    added_tokens: SPECIAL.map((content, id) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
      pair: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]'), { Sequence: { id: 'B', type_id: 1 } }, { SpecialToken: { id: '[SEP]', type_id: 1 } }],
      special_tokens: ids,
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
  };
}

/** A text of `count` words that are whole pieces of makeWordPiece's vocabulary. */
export function words(count, size = 1000) {
  return Object.keys(makeWordPiece(size).model.vocab).filter((piece) => /^[a-z]{2,}$/.test(piece)).slice(0, count).join(' ');
}
