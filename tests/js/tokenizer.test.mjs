// Tokenizer: the JS interface of the C++ tokenizer; tests/tokenizer compares the ids with Hugging Face's.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { load, OnedgeError, Tokenizer } from 'onedge';

const build = process.env.ONEDGE_WASM;
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'hello', 'world', '##s', '!', 'ü', '😀'];
const json = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({
    id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true,
  })),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: false, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } }],
    pair: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } },
      { Sequence: { id: 'B', type_id: 1 } }, { SpecialToken: { id: '[SEP]', type_id: 1 } },
    ],
    special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map((id, i) => [id, { id, ids: [i + 2], tokens: [id] }])),
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100,
    vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
  },
};

test('ids, masks, words and offsets in UTF-16 units', async () => {
  const tokenizer = await Tokenizer.from(json, { build });
  const encoding = tokenizer.encode('Hello 😀 worlds!');
  assert.deepEqual([...encoding.ids], [2, 4, 9, 5, 6, 7, 3]);
  assert.deepEqual([...encoding.attentionMask], [1, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual([...encoding.specialTokensMask], [1, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual([...encoding.wordIds], [-1, 0, 1, 2, 2, 3, -1]);
  assert.deepEqual(encoding.offsets, [[0, 0], [0, 5], [6, 8], [9, 14], [14, 15], [15, 16], [0, 0]]);
  assert.equal('Hello 😀 worlds!'.slice(...encoding.offsets[3]), 'world');
  assert.equal(tokenizer.decode(encoding.ids), 'hello 😀 worlds!');
  assert.equal(tokenizer.vocabularySize, vocabulary.length);
  assert.equal(tokenizer.tokenToId('world'), 5);
  assert.equal(tokenizer.tokenToId('nothing'), undefined);
  assert.equal(tokenizer.idToToken(5), 'world');
  assert.equal(tokenizer.idToToken(99), undefined);
  tokenizer.dispose();
});

test('pairs, truncation and padding', async () => {
  const tokenizer = await Tokenizer.from(JSON.stringify(json), { build });
  const pair = tokenizer.encode('hello', { pair: 'world' });
  assert.deepEqual([...pair.ids], [2, 4, 3, 5, 3]);
  assert.deepEqual([...pair.typeIds], [0, 0, 0, 1, 1]);
  const cut = tokenizer.encode('hello world hello world', { truncation: { maxLength: 4, stride: 1 } });
  assert.deepEqual([...cut.ids], [2, 4, 5, 3]);
  assert.deepEqual(cut.overflowing.map(({ ids }) => [...ids]), [[2, 5, 4, 3], [2, 4, 5, 3]]);
  const [short, long] = tokenizer.encodeBatch(['hello', 'hello world'], { padding: true });
  assert.deepEqual([...short.ids], [2, 4, 3, 0]);
  assert.deepEqual([...short.attentionMask], [1, 1, 1, 0]);
  assert.equal(long.ids.length, 4);
  assert.equal(tokenizer.encode('hello', { padding: 8 }).ids.length, 8);
  assert.deepEqual([...tokenizer.encode('hello', { addSpecialTokens: false }).ids], [4]);
  tokenizer.dispose();
});

test('wrong options and broken files are named', async () => {
  const tokenizer = await Tokenizer.from(new TextEncoder().encode(JSON.stringify(json)), { build });
  assert.throws(() => tokenizer.encode(7), TypeError);
  assert.throws(() => tokenizer.encode('x', { truncation: { maxLength: -1 } }), /maxLength/);
  assert.throws(() => tokenizer.encode('x', { truncation: { maxLength: 4, strategy: 'odd' } }), /strategy/);
  assert.throws(() => tokenizer.encode('hello world hello', { truncation: { maxLength: 4, stride: 9 } }), OnedgeError);
  tokenizer.dispose();
  assert.throws(() => tokenizer.encode('x'), /disposed/);
  await assert.rejects(Tokenizer.from('{"model": ', { build }), OnedgeError);
  await assert.rejects(Tokenizer.from({ ...json, model: { type: 'Magic' } }, { build }), /Magic/);
});

test('a lone surrogate is one replacement character', async () => {
  const tokenizer = await Tokenizer.from(json, { build });
  assert.deepEqual(tokenizer.encode('hello \ud800!').offsets, tokenizer.encode('hello \ufffd!').offsets);
  tokenizer.dispose();
});

test('a model brings its tokenizer', async () => {
  const model = await load(fileURLToPath(new URL('../../models/langid/langid.onedge', import.meta.url)), { build });
  const { ids } = model.tokenizer.encode('Bonjour tout le monde');
  assert.equal(model.tokenizer.decode(ids).toLowerCase(), 'bonjour tout le monde');
  model.dispose();
});
