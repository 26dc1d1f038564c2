// Tokenizers in files other than tokenizer.json, compared with Hugging Face's for the tokenizer.json of its converters:
// the published one if available, otherwise one written here.
import { liveHandles } from './host_state.mjs';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OnedgeError, Tokenizer } from 'onedge';
import { compareTexts } from '../tokenizer/compare_encodings.mjs';
import { families } from '../tokenizer/families.mjs';
import { randomTexts } from '../tokenizer/random_texts.mjs';
import { generateMerges } from '../tokenizer/sentencepiece_merges.mjs';
import { sentencePieceModel, t5Model } from '../tokenizer/sentencepiece_model.mjs';
import { bpePieces, byteTokens, sentences, unigramPieces } from '../tokenizer/small_vocabularies.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.env.TOKENIZERS_PACKAGE ??= `${root}/tests/engines/node_modules/tokenizers`;
const { loadHuggingFace } = await import('../tokenizer/hugging_face.mjs');

const build = process.env.ONEDGE_WASM;
const folder = `${process.env.ONEDGE_SHARED ?? `${root}/../shared`}/data/tokenizers`;
const skip = existsSync(folder) ? false : `no ${folder}`;
const shared = (file) => readFileSync(`${folder}/${file}`);
const sharedJson = (name) => ({ ...JSON.parse(shared(`${name}/tokenizer.json`)), truncation: null, padding: null });

const randomText = randomTexts(7);
const texts = [...sentences, ...Array.from({ length: 300 }, randomText)];

async function same(source, options, json) {
  const ours = await Tokenizer.from(source, { build, ...options });
  await compareTexts(ours, loadHuggingFace(json), texts);
  ours.dispose();
}

for (const [name, lowercase] of [['bert-base-uncased'], ['all-MiniLM-L6-v2', true], ['bert-base-cased', false], ['bert-base-chinese', false]]) {
  test(`${name}: its vocab.txt is its tokenizer.json`, { skip }, () => same(shared(`${name}/vocab.txt`), { lowercase }, sharedJson(name)));
}

for (const name of ['gpt2', 'roberta-base']) {
  test(`${name}: its vocab.json with merges.txt is its tokenizer.json`, { skip }, () =>
    same(shared(`${name}/vocab.json`), { merges: shared(`${name}/merges.txt`) }, sharedJson(name)));
}

test('CLIP: vocab.json with merges.txt', async () => {
  const { vocab, merges } = families.clip.model;
  await same(vocab, { merges: `#version: 0.2\n${merges.map((pair) => pair.join(' ')).join('\n')}\n` }, families.clip);
});

test('special tokens that a vocabulary lacks come after its last id, as in Hugging Face', async () => {
  const vocab = { a: 0, b: 1, ab: 2 };
  const tokenizer = await Tokenizer.from(JSON.stringify(vocab), { build, merges: new TextEncoder().encode('a b\r\n') });
  assert.deepEqual([...tokenizer.encode('ab<|endoftext|>').ids], [2, 3]);
  tokenizer.dispose();
  const bert = await Tokenizer.from('[UNK]\n[CLS]\n[SEP]\r\na\rb', { build });
  assert.deepEqual([...bert.encode('A b [MASK] c').ids], [1, 3, 4, 6, 0, 2]);
  bert.dispose();
});

// The output of SpmConverter for a model, without its post-processor.
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const spmNormalizers = [
  { type: 'Strip', strip_left: false, strip_right: true },
  { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
];
const added = (id, content, special = true) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special });

test('t5-small: a sentencepiece model of its pieces', { skip }, async () => {
  const json = sharedJson('t5-small');
  const model = t5Model(json);
  const converted = { ...json, normalizer: { type: 'Sequence', normalizers: [json.normalizer, ...spmNormalizers] }, pre_tokenizer: metaspace, decoder: metaspace };
  await same(model, {}, converted);
  // The published file is from an older converter, which cuts at more than spaces. Texts that contain only spaces give
  // no difference.
  const ours = await Tokenizer.from(model, { build });
  const published = loadHuggingFace(json);
  for (const text of sentences.filter((sentence) => !/[^\S ]/u.test(sentence))) assert.deepEqual([...ours.encode(text).ids], (await published.encode(text)).getIds(), text);
  ours.dispose();
});

test('a Unigram model with symbols of its own', async () => {
  const pieces = [['<unk>', 0, 'unknown'], ['<s>', 0, 'control'], ['</s>', 0, 'control'], ['<t>', 0, 'userDefined'], ['😀', -3, 'userDefined'], ...unigramPieces()];
  const json = {
    version: '1.0', added_tokens: [added(0, '<unk>'), added(1, '<s>'), added(2, '</s>'), added(3, '<t>', false), added(4, '😀', false)],
    normalizer: { type: 'Sequence', normalizers: spmNormalizers }, pre_tokenizer: metaspace, decoder: metaspace,
    model: { type: 'Unigram', unk_id: 0, byte_fallback: false, vocab: pieces.map(([piece, score]) => [piece, score]) },
  };
  await same(sentencePieceModel(pieces), {}, json);
  const never = { ...metaspace, prepend_scheme: 'never' };
  await same(sentencePieceModel(pieces, {}, { add_dummy_prefix: false }), {}, { ...json, pre_tokenizer: never, decoder: never });
});

const llamaPieces = [['<unk>', 0, 'unknown'], ['<s>', 0, 'control'], ['</s>', 0, 'control'], ...byteTokens.map((byte) => [byte, 0, 'byte']), ...bpePieces()];
const llamaModel = sentencePieceModel(llamaPieces, { model_type: 2, byte_fallback: true }, { remove_extra_whitespaces: false });

test('Llama: a BPE model with bytes that keeps white space', () => same(llamaModel, {}, families['llama-legacy']));

test('a BPE model without bytes, and one with its family named', async () => {
  const pieces = llamaPieces.filter(([, , type]) => type !== 'byte');
  const json = {
    version: '1.0', added_tokens: [added(0, '<unk>'), added(1, '<s>'), added(2, '</s>')],
    normalizer: { type: 'Sequence', normalizers: spmNormalizers }, pre_tokenizer: metaspace, decoder: metaspace,
    model: {
      type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: false, vocab: Object.fromEntries(pieces.map(([piece], id) => [piece, id])), merges: generateMerges(pieces),
    },
  };
  await same(sentencePieceModel(pieces, { model_type: 2 }), {}, json);
  await same(llamaModel, { family: 'sentencepiece' }, { ...families['llama-legacy'], post_processor: null });
});

test('scores are read as they are written, whatever their size', async () => {
  // Both ways to divide "abc" have nearly the same sum: they differ by one unit in the last place of a float32.
  for (const [score, expected] of [[-2.0000002384185791, [2, 5]], [-1.9999998807907104, [4, 3]]]) {
    const pieces = [['<unk>', 0, 'unknown'], ['▁', -1], ['▁ab', -2], ['bc', -1e-9], ['▁a', score], ['c', -1e-9], ['b', -50], ['a', -5e10]];
    const tokenizer = await Tokenizer.from(sentencePieceModel(pieces), { build });
    assert.deepEqual([...tokenizer.encode('abc').ids], expected);
    tokenizer.dispose();
  }
});

test('wrong files and options are named', async () => {
  const from = (source, options) => Tokenizer.from(source, { build, ...options });
  const unigram = [['<unk>', 0, 'unknown'], ['a', -1]];
  const cases = [
    [{ a: 0 }, {}, /vocab\.json: its merges\.txt is missing/],
    ['[UNK]\n[CLS]\n[SEP]\n', { merges: 'a b' }, /merges: expected with a vocab\.json only/],
    [{ a: 0 }, { merges: 'a  b' }, /merges\.txt: line 1/],
    [{ a: 0 }, { merges: 'a b' }, /converted: .*merges\[0\].*'b'/],
    [{ a: 0, 'a</w>': 1 }, { merges: '#version: 0.2' }, /not CLIP's/],
    [{ a: 0 }, { merges: '#version: 0.2', family: 'roberta' }, /begin and end a text/],
    [{ a: 0 }, { merges: '#version: 0.2', family: 't5' }, /family/],
    ['{"a": 0, ', { merges: 'a b' }, /vocab\.json: expected JSON/],
    ['hello\nworld\n', {}, /vocab\.txt: .*\[UNK\]/],
    ['', {}, /vocab\.txt/],
    [Uint8Array.of(0xff, 0xfe, 0), {}, /neither UTF-8 text/],
    [sentencePieceModel(unigram), { lowercase: false }, /lowercase/],
    [sentencePieceModel(unigram), { family: 'llama' }, /bos_id/],
    [sentencePieceModel(unigram).subarray(0, -3), {}, /sentencepiece model: .*(cut off|malformed)/],
    [sentencePieceModel(unigram, { model_type: 3 }), {}, /model_type/],
    [sentencePieceModel(unigram, { treat_whitespace_as_suffix: true }), {}, /treat_whitespace_as_suffix/],
    [sentencePieceModel([['a', -1]]), {}, /one unknown piece, got 0/],
    [sentencePieceModel([...unigram, ['a', -1]], { model_type: 2 }), {}, /comes twice/],
    [sentencePieceModel([['<unk>', NaN, 'unknown']]), {}, /finite/],
  ];
  for (const [source, options, message] of cases) await assert.rejects(from(source, options), (error) => error instanceof OnedgeError && message.test(error.message), String(message));
  await assert.rejects(from(7), TypeError);
  assert.equal(await liveHandles(), 0);
});
