// Small tokenizers with the stages of the published ones, family by family, with the vocabularies of
// small_vocabularies.mjs. Families with a sentencepiece character map use the one of the shared fixtures, if available.
import { existsSync, readFileSync } from 'node:fs';
import { byteLevelBpe, byteTokens, bpePieces, unigramPieces, wordPieceTokens } from './small_vocabularies.mjs';
import { generateMerges } from './sentencepiece_merges.mjs';

const added = (id, content, options = {}) => ({
  id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...options });
const ids = (tokens) => Object.fromEntries(tokens.map((token, id) => [token, id]));

// "$A </s> $B:1": a template in the notation of Hugging Face's Python library.
const parts = (text) => text.split(' ').map((part) => {
  const [, name, type] = part.match(/^(.+?)(?::(\d))?$/);
  return name[0] === '$' ? { Sequence: { id: name.slice(1), type_id: Number(type ?? 0) } } : { SpecialToken: { id: name, type_id: Number(type ?? 0) } };
});
const template = (single, pair, tokens) => ({
  type: 'TemplateProcessing', single: parts(single), pair: parts(pair),
  special_tokens: Object.fromEntries(Object.entries(tokens).map(([id, n]) => [id, { id, ids: [n], tokens: [id] }])),
});

const sequence = (list, ...items) => ({ type: 'Sequence', [list]: items });
const replace = (pattern, content) => ({ type: 'Replace', pattern, content });
const spaces = replace({ Regex: ' {2,}' }, ' ');
const byteLevel = (options) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true, ...options });
const metaspace = (scheme = 'always', split = true) => ({ type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split });
const whole = sequence('pretokenizers', { type: 'WhitespaceSplit' }, metaspace());
const llamaDecoder = sequence('decoders', replace({ String: '▁' }, ' '), { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 });
const bert = (lowercase) => ({ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase });

const t5 = `${process.env.ONEDGE_SHARED ?? new URL('../../../shared', import.meta.url).pathname}/data/tokenizers/t5-small/tokenizer.json`;
const precompiled = existsSync(t5) ? [JSON.parse(readFileSync(t5, 'utf8')).normalizer] : [];

function wordPiece({ lowercase, special, postProcessor }) {
  return {
    version: '1.0', added_tokens: special.map((token, id) => added(id, token)), normalizer: bert(lowercase), pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: postProcessor, decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: ids(wordPieceTokens(special, 1200, { lowercase })) },
  };
}

function bytes({ special = [], last = [], normalizer = null, pre, post = byteLevel({ trim_offsets: false }), model = {}, endOfWord = '' }) {
  const { vocab, merges } = byteLevelBpe({ first: special.map(([token]) => token), endOfWord });
  let next = Object.keys(vocab).length;
  const tokens = [...special.map(([token, options], id) => added(id, token, options)), ...last.map(([token, options]) => added(next++, token, options))];
  return {
    version: '1.0', added_tokens: tokens, normalizer, pre_tokenizer: pre, post_processor: post, decoder: byteLevel({ add_prefix_space: true }),
    model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: endOfWord, fuse_unk: false, byte_fallback: false, vocab, merges, ...model },
  };
}

function unigram({ special, unknown, normalizer, pre, post, last = [], byteFallback = false, decoder = metaspace() }) {
  const vocab = [...special.map((token) => [token, 0]), ...(byteFallback ? byteTokens.map((token) => [token, 0]) : []), ...unigramPieces(), ...last.map((token) => [token, 0])];
  const mask = (token) => (/mask/i.test(token) ? { lstrip: true } : {});
  return {
    version: '1.0', added_tokens: [...special.map((token, id) => added(id, token, mask(token))), ...last.map((token, i) => added(vocab.length - last.length + i, token, mask(token)))],
    normalizer, pre_tokenizer: pre, post_processor: post(vocab.length - last.length), decoder,
    model: { type: 'Unigram', unk_id: unknown, byte_fallback: byteFallback, vocab },
  };
}

function llama({ special = ['<unk>', '<s>', '</s>'], normalizer = sequence('normalizers', { type: 'Prepend', prepend: '▁' }, replace({ String: ' ' }, '▁')), pre = null, last = [], decoder = llamaDecoder, post = true }) {
  const pieces = [...special.map((token) => [token, 0]), ...byteTokens.map((token) => [token, 0]), ...bpePieces()];
  const bos = special.includes('<s>') ? '<s>' : '<bos>';
  return {
    version: '1.0', added_tokens: [...special.map((token, id) => added(id, token)), ...last.map(([token, options], i) => added(pieces.length + i, token, options))],
    normalizer, pre_tokenizer: pre, decoder, post_processor: post ? template(`${bos} $A`, `${bos} $A ${bos}:1 $B:1`, { [bos]: special.indexOf(bos) }) : null,
    model: {
      type: 'BPE', dropout: null, unk_token: '<unk>', continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, ignore_merges: false,
      vocab: ids(pieces.map(([piece]) => piece)), merges: generateMerges(pieces),
    },
  };
}

const clipPattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
const qwenPattern = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const tekkenPattern = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const split = (pattern, behavior = 'Isolated', invert = false) => ({ type: 'Split', pattern: { Regex: pattern }, behavior, invert });
const bertTemplate = template('[CLS] $A [SEP]', '[CLS] $A [SEP] $B:1 [SEP]:1', { '[CLS]': 2, '[SEP]': 3 });
const quotes = [replace({ String: '``' }, '"'), replace({ String: "''" }, '"')];
const plain = { normalized: true, special: false };

/** name -> tokenizer.json */
export const families = {
  'bert-base-multilingual-cased': wordPiece({ lowercase: false, special: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'], postProcessor: bertTemplate }),
  'bert-uncased': wordPiece({ lowercase: true, special: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'], postProcessor: bertTemplate }),
  'model2vec': wordPiece({ lowercase: true, special: ['[PAD]', '[UNK]'], postProcessor: null }),
  'model2vec-unigram': unigram({
    special: ['[PAD]', '[UNK]'], unknown: 1, post: () => null, pre: metaspace(),
    normalizer: sequence('normalizers', ...precompiled, { type: 'Lowercase' }, ...Array.from('!"#$%&\'()*+,-./:;<=>?@[]^_`{|}~').map((c) => replace({ String: c }, ` ${c} `)), replace({ Regex: '\\s+' }, ' '), { type: 'Strip', strip_left: true, strip_right: true }),
  }),
  'clip': bytes({
    last: [['<|startoftext|>', { normalized: true }], ['<|endoftext|>']], endOfWord: '</w>', model: { unk_token: '<|endoftext|>' },
    normalizer: sequence('normalizers', { type: 'NFC' }, replace({ Regex: '\\s+' }, ' '), { type: 'Lowercase' }),
    pre: sequence('pretokenizers', split(clipPattern, 'Removed', true), byteLevel()),
    post: { type: 'RobertaProcessing', sep: ['<|endoftext|>', 1], cls: ['<|startoftext|>', 0], trim_offsets: false, add_prefix_space: false },
  }),
  'whisper': bytes({
    special: [['<|endoftext|>'], ['<|startoftranscript|>'], ['<|en|>'], ['<|notimestamps|>']], last: [['<|0.00|>', { special: false }], ['<|0.02|>', { special: false }]], pre: byteLevel(),
    post: template('<|startoftranscript|> <|notimestamps|> $A <|endoftext|>', '<|startoftranscript|> <|notimestamps|> $A $B:1 <|endoftext|>:1', { '<|endoftext|>': 0, '<|startoftranscript|>': 1, '<|notimestamps|>': 3 }),
  }),
  'falcon': bytes({
    special: [['>>TITLE<<'], ['>>ABSTRACT<<'], ['<|endoftext|>', { normalized: true }]],
    pre: sequence('pretokenizers', { type: 'Punctuation', behavior: 'Contiguous' }, byteLevel(), { type: 'Digits', individual_digits: false }, split('[0-9][0-9][0-9]')),
  }),
  'phi-2': bytes({ last: [['<|endoftext|>', { normalized: false }], ...[6, 4, 2].map((n) => [' '.repeat(n), plain]), ['\t\t', plain]], pre: byteLevel(), post: byteLevel({ add_prefix_space: true }) }),
  'roberta': bytes({
    special: [['<s>', { normalized: true }], ['<pad>', { normalized: true }], ['</s>', { normalized: true }], ['<unk>', { normalized: true }]], last: [['<mask>', { lstrip: true }]], pre: byteLevel(),
    post: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0], trim_offsets: true, add_prefix_space: false },
  }),
  'added-tokens': bytes({ // searched in the normalized text, although nothing normalizes it
    last: [['the', { single_word: true }], ['word', { lstrip: true }], ['Word', { rstrip: true }], ['a.b', {}], ['<mask>', { lstrip: true, rstrip: true }], ['12', { single_word: true, lstrip: true }]]
      .map(([token, options]) => [token, { ...plain, normalized: true, ...options }]),
    pre: byteLevel(),
  }),
  'qwen2': bytes({ last: [['<|endoftext|>'], ['<|im_start|>'], ['<|im_end|>']], normalizer: { type: 'NFC' }, pre: sequence('pretokenizers', split(qwenPattern), byteLevel({ use_regex: false, trim_offsets: false })) }),
  'mistral-nemo': bytes({
    special: [['<unk>'], ['<s>'], ['</s>'], ['[INST]']], pre: sequence('pretokenizers', split(tekkenPattern), byteLevel({ use_regex: false })), model: { ignore_merges: true },
    post: template('<s> $A', '<s> $A <s>:1 $B:1', { '<s>': 1 }),
  }),
  'deepseek-coder': bytes({
    last: [['<｜begin▁of▁sentence｜>', { normalized: true }], ['<｜end▁of▁sentence｜>', { normalized: true }]], normalizer: sequence('normalizers'),
    pre: sequence('pretokenizers', split('[\\r\\n]'), split('\\s?\\p{L}+'), split('\\s?\\p{P}+'), split('[一-龥ࠀ-一가-퟿]+'), { type: 'Digits', individual_digits: true }, byteLevel({ use_regex: false })),
  }),
  'llama-legacy': llama({}),
  'llama-not-legacy': llama({ normalizer: null, pre: metaspace('first', false) }),
  'phi-3': llama({ last: [['<|endoftext|>'], ['<|assistant|>', { rstrip: true }], ['<|user|>', { rstrip: true }]], post: false }),
  'gemma': llama({
    special: ['<pad>', '<eos>', '<bos>', '<unk>'], normalizer: replace({ String: ' ' }, '▁'), pre: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    last: [['\n\n', { special: false }], ['▁▁', { special: false }], ['<table>', { special: false }]], decoder: sequence('decoders', ...llamaDecoder.decoders.slice(0, 3)),
  }),
  'marian': unigram({ special: ['</s>', '<unk>'], last: ['<pad>'], unknown: 1, normalizer: precompiled[0] ?? null, pre: whole, post: () => template('$A </s>', '$A $B </s>', { '</s>': 0 }) }),
  'xlnet': unigram({
    special: ['<unk>', '<s>', '</s>', '<cls>', '<sep>', '<pad>', '<mask>'], unknown: 0, normalizer: sequence('normalizers', ...quotes, { type: 'NFKD' }, { type: 'StripAccents' }, ...precompiled, spaces),
    pre: metaspace(), post: () => template('$A <sep> <cls>:2', '$A <sep> $B:1 <sep>:1 <cls>:2', { '<sep>': 4, '<cls>': 3 }),
  }),
  'albert': unigram({
    special: ['<pad>', '<unk>', '[CLS]', '[SEP]', '[MASK]'], unknown: 1, pre: whole, post: () => bertTemplate,
    normalizer: sequence('normalizers', ...quotes, { type: 'NFKD' }, { type: 'StripAccents' }, { type: 'Lowercase' }, ...precompiled, spaces),
  }),
  'xlm-roberta': unigram({
    special: ['<s>', '<pad>', '</s>', '<unk>'], last: ['<mask>'], unknown: 3, normalizer: sequence('normalizers', ...precompiled, { type: 'Strip', strip_left: false, strip_right: true }, replace({ Regex: ' {2,}' }, '▁')),
    pre: metaspace(), post: () => template('<s> $A </s>', '<s> $A </s> </s> $B </s>', { '<s>': 0, '</s>': 2 }),
  }),
  'mbart': unigram({
    special: ['<s>', '<pad>', '</s>', '<unk>'], last: ['en_XX', 'ro_RO', '<mask>'], unknown: 3, normalizer: precompiled[0] ?? null, pre: whole,
    post: (first) => template('$A </s> en_XX', '$A $B </s> en_XX', { '</s>': 2, en_XX: first }),
  }),
  'unigram-bytes': unigram({ special: ['<pad>', '</s>', '<unk>'], unknown: 2, normalizer: precompiled[0] ?? null, pre: metaspace(), post: () => null, byteFallback: true, decoder: llamaDecoder }),
};
const clip = families.clip;
for (const [place, token] of [['cls', '<|startoftext|>'], ['sep', '<|endoftext|>']]) clip.post_processor[place] = [token, clip.added_tokens.find(({ content }) => content === token).id];
clip.model.vocab = { ...clip.model.vocab, ...Object.fromEntries(clip.added_tokens.map(({ content, id }) => [content, id])) };
