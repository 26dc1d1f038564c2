// Small tokenizers, one for each stage or option, and adversarial texts; shared by record_stages.mjs and
// differential.mjs (which adds random texts).
import { hf } from './hugging_face.mjs';

const chars = (...codes) => String.fromCodePoint(...codes);

const own = [
  '', ' ', 'Hello, World!', "Héllo  wörld\tI'm here\n", 'ÀÉÎõü ÇĞİıŞ ẞß ǅ ﬁ ﬀ ①½ ㍿ ＡＢＣ', '中文字符 mixed ひらがな 한국어 각', 'a\u0301\u0323b \u1EAD \u0344\u0F73\u0F76',
  'x\u0301\u0001\u0323y', '\u0041\u030A\u212B\u00C5\uFB1D\u1E9B\u0323', 'e\u0331\u0301z\u0327\u0301\u0323', 'tab\tnul\u0000zwj\u200Dzwsp\u200Bnbsp\u00A0bom\uFEFF end\uFFFD',
  '👨‍👩‍👧‍👦 🇫🇷 👍🏽 ❤️ 𝔘𝔫𝔦 𝒳 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'שָׁלוֹם עולם مَرْحَبًا नमस्ते ไทยภาษา ำน\u0E49ำ', 'ΑΣ ΌΣΟΣ ΣΑΣ Ω Ω ϓ', 'a-b_c d.e,f;g:h "q" (p) [x] {y} <z> #1 $2 %3 ^ & * ~ ` | \\ /',
  '1234567 3.14 ٣٤ Ⅷ ²³ ½ 一二', "it's we'll I've don't they're he'd IT'S WE'LL", '   leading and   inner   trailing   ', 'line1\r\nline2\n\n\nline3', chars(0x10400, 0x1E921, 0x16EA0, 0x10D50, 0x11938, 0x1F16C),
  '[MASK] x[MASK]y  [MASK]  [CLS]', 'A<t>B <t> b<t>c <n>x<N> Ünï ünï', '\u2581under \u2581\u2581two', '\u3000ideographic\u2003em\u0085nel\u2028ls', 'ǰ ΐ ՙ \u0587 İstanbul DİYARBAKIR',
  'ﷺ ﷻ ㎏ ㍻ ﾊﾟ ｶﾞ', '각각 \u1100\u1161\u11A8 \uAC00\u11A8 \u1100\u1161', 'supercalifragilistic aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b',
];

export const texts = own;

const added = (id, content, options = {}) => ({
  id, content, single_word: false, lstrip: false, rstrip: false, normalized: !options.special, special: false, ...options });

const bert = (options) => ({ type: 'BertNormalizer', clean_text: false, handle_chinese_chars: false, strip_accents: false, lowercase: false, ...options });

// A model with a token for each character, so that offsets show each character's alignment.
function characterModel(texts, normalizer) {
  const seen = new Set(['[UNK]']);
  const codePoints = new Set();
  let normalized = texts;
  if (normalizer) {
    const tokenizer = hf.Tokenizer.fromString(JSON.stringify({ version: '1.0', added_tokens: [], normalizer, model: { type: 'WordLevel', vocab: { '[UNK]': 0 }, unk_token: '[UNK]' } }));
    const stage = tokenizer.getNormalizer();
    normalized = texts.map((text) => stage.normalizeString(text));
  }
  for (const text of normalized) for (const c of text) codePoints.add(c);
  for (const c of codePoints) { seen.add(c); seen.add('##' + c); }
  const vocab = {};
  for (const token of seen) vocab[token] = Object.keys(vocab).length;
  return { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 1000, vocab };
}

const behaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];

// The patterns of published tokenizers, and other parts of Oniguruma's syntax.
const raw = String.raw;
const regexes = [
  raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
  raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
  raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`,
  raw`[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+`, raw`\p{N}{1,3}`, raw` ?[^(\s|[.,!?…。，、।۔،])]+`, raw`[0-9][0-9][0-9]`, raw`\s?\p{L}+`, raw`\s?\p{P}+`,
  raw`\b`, raw`\B`, raw`^.`, raw`.$`, raw`(?m:.)+`, raw`\A.|.\z`, raw`(?<=l)l|o(?!r)`, raw`(?<!\s)\s(?=\S)`, raw`(?<=he|h|wor)l+`, raw`(?>a+)b|a+c`, raw`(l)\1`, raw`(?<x>[a-z])\k<x>`,
  raw`(?i)HELLO|σ|\u212a|[à-ü]+`, raw`[[:alpha:]&&[^aeiou]]+`, raw`[[:punct:]]+|[[:upper:]]`, raw`[^[:space:][:lower:]]+`, raw`\p{Han}+|\p{Script_Extensions}?`.slice(0, 8), raw`\p{Hiragana}+|\p{^Latin}+`,
  raw`\w+?\b|\W`, raw`(a|b|ab)*c?|\d+`, raw`(?:a?){3}a{3}`, raw`x*`, raw`(?x) l l # two
   | \  `, raw`\R|\h{2,}`, raw`[\w&&[^\d_]]+`, raw`a{,2}b|l{2}?o`, raw`e\Kl+`, raw`\G\S`, raw`(?:(?:a*)*)*b|\S`, raw`[]-a]+|[a\-z]+|[\]\[]`, raw`(?i:[k-s])+(?-i:t)`,
];
const regexTexts = ["I'LL we'Ve HE'S it'ſ THEY'RE don'T", 'aaab aaac aab aaaa abababc hello llama', 'CamelCaseHTMLParser XMLHttp İstanbul ǅungla', 'x=1+2;\n\n  y -= 12345;\t// foo_bar\r\n\r\n    end  ', 'ÀÉÎ straße STRASSE ẞ Σίσυφος ΣΑΣ K', '\u0301a\u0301\u0301 \u0301 e\u0301t \u0903\u0903x', '<|endoftext|>a<|startoftext|>\'s 12 ', '   \n \n\n  \t x \u00a0\u3000 \u2028y\r', '$100.00 5abc 5 abc #tag @user ...abc http://x.y/z?q=1&r=2 //\n/', '日本語テキスト、ひらがな123カタカナ。', '²³¹¼½ _a_ \u200d\u200c', '0xDEADbeef 42'];

// Each piece is one token, so that offsets show where the text was cut.
const oneToken = { type: 'WordLevel', unk_token: '[UNK]', vocab: { '[UNK]': 0 } };

const words = ['[UNK]', '[CLS]', '[SEP]', '[MASK]', '[PAD]', 'hello', ',', 'world', '!', 'h', '##e', '##llo', "'", 'm', 'i', 'don', 't', 'not', 'do', '##s', 's', 'a', 'b', 'x', '##x', '中', 'aaa', '##aaa', '##a', '.', '?', 've', 're', '##', 'n'];
const wordPiece = { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 12, vocab: Object.fromEntries(words.map((w, i) => [w, i])) };
const template = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } }],
  pair: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } }, { Sequence: { id: 'B', type_id: 2 } }, { SpecialToken: { id: '[SEP]', type_id: 1 } }],
  special_tokens: { '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] }, '[SEP]': { id: '[SEP]', ids: [2, 3], tokens: ['[SEP]', '[X]'] } },
};
const uncased = { normalizer: bert({ clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true }), pre_tokenizer: { type: 'BertPreTokenizer' }, model: wordPiece };
const specials = words.slice(1, 5).map((content, i) => added(i + 1, content, { special: true }));
const sequence = (...normalizers) => ({ type: 'Sequence', normalizers });

export function makeStageCases(texts) {
  const plain = (stages) => ({
    version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null,
    model: stages.model ?? characterModel(texts, stages.normalizer), ...stages });
  const alphabet = hf.byteLevelAlphabet().sort();
  const byteLevelModel = () => {
    const vocab = {};
    for (const token of ['<s>', '<pad>', '</s>', ...alphabet, 'he', 'Ġt', 'Ġthe', 'll', 'hell', 'hello', 'ĠĠ', 'ĠĠĠĠ', 'wor', 'or', "'s", "'l", "'ll", 'Ã©', 'ä¸', 'ä¸Ń', 'Ċ', 'ĊĊ', 'aa', 'aaa', 'aaaa']) vocab[token] ??= Object.keys(vocab).length;
    return { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: '', fuse_unk: false, vocab,
      merges: ['h e', 'l l', 'Ġ t', 'o r', 'he ll', 'hell o', 'Ġt he', 'Ġ Ġ', 'ĠĠ ĠĠ', 'w or', "' s", "' l", "' ll", 'Ã ©', 'ä ¸', 'ä¸ Ń', 'Ċ Ċ', 'a a', 'aa a', 'aa aa'] };
  };
  const bpe = (options) => {
    const p = options.continuing_subword_prefix ?? '', s = options.end_of_word_suffix ?? '';
    const tokens = ['<u>', 'a', 'b', 'h', 'e', 'l', 'o', 'w', 'r', 'd', 'x', 'é', '中', '<0xE4>', '<0xB8>', '<0xAD>', '<0xC3>', '<0x89>', '<0x41>'];
    for (const c of 'abhelowrdx中') tokens.push(p + c, c + s, p + c + s);
    tokens.push('he', 'hel', 'hell', `${p}ll`, `${p}lo`, `${p}lo${s}`, `hello${s}`, `hello`, 'aa', `${p}aa`, 'aaa', 'aaaa', `a${s}`, `aab${s}`, 'ab', 'Hello,');
    const vocab = {};
    for (const token of tokens) vocab[token] ??= Object.keys(vocab).length;
    const merges = [['a', `${p}a`], [`${p}a`, `${p}a`], ['aa', `${p}a`], ['aa', `${p}aa`], ['h', `${p}e`], [`${p}l`, `${p}l`], [`${p}l`, `${p}o${s}`], ['he', `${p}ll`], ['he', `${p}l`], ['hel', `${p}lo${s}`], ['a', `${p}b`]].filter(([x, y]) => x in vocab && y in vocab && x + y.slice(p.length) in vocab);
    return { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false, ...options, vocab, merges };
  };
  const unigram = (options) => ({ type: 'Unigram', unk_id: 0, byte_fallback: false, ...options, vocab: [['<unk>', 0], ['▁', -2.5], ['▁h', -3], ['e', -3.5], ['l', -3.25], ['ll', -5], ['llo', -5.5], ['▁hello', -12], ['o', -3], ['h', -4], ['w', -4], ['r', -4.1], ['ld', -6], ['a', -2], ['aa', -3.5], ['aaa', -6.25], ['中', -9], ['<0xC3>', -20], ['<0xA9>', -20], ['<0xE5>', -20], ['<0xAD>', -20], ['<0x97>', -20], ["'", -5], ['s', -3], ['t', -3.5], ['▁▁', -4], ['lo', -6.1], ['.', -4]] });
  const decoderTokens = ['<unk>', '▁Hello', '▁', 'a', 'aa', 'banana', '<0xE4>', '<0xB8>', '<0xAD>', '<0xff>', '<0x+F>', '<0xZZ>', 'wo</w>', '</w>x', '<pad>', '|', 'h', 'l', " n't", ' .', '▁▁x▁', '中a'];
  const decoderIds = [[1, 2, 3], [2, 1, 6, 7, 8, 3], [6, 7, 3, 9, 10, 11], [8, 8, 6], [12, 13, 12], [16, 16, 14, 17, 14, 17, 15, 16], [4, 3, 5, 21], [20, 20, 18, 19], [14, 14], [], [6]];
  const encodings = texts.map((text) => ({ text }));
  const regexEncodings = [...(texts === own ? regexTexts : []), ...texts].map((text) => ({ text }));
  const pairs = texts.map((text, i) => ({ text, pair: texts[(i * 7 + 3) % texts.length] }));
  const shaping = [];
  for (const [i, text] of texts.entries()) {
    for (const max_length of [6, 9, 16]) {
      for (const strategy of ['LongestFirst', 'OnlyFirst', 'OnlySecond']) {
        const pair = (i + max_length) % 3 ? texts[(i * 5 + 2) % texts.length] : undefined;
        const direction = (i + max_length) % 4 ? 'right' : 'left';
        if (strategy === 'OnlySecond' && pair === undefined) continue;
        const padding = [undefined, { maxLength: 12, padId: 4, padTypeId: 1, padToken: '[PAD]' }, { padToMultipleOf: 8, padId: 4, direction: 'left', padToken: '[PAD]' }][i % 3];
        shaping.push({ text, pair, truncation: { max_length, strategy, stride: max_length > 6 && strategy === 'LongestFirst' ? i % 2 : 0, direction }, padding, add_special_tokens: i % 5 !== 0 });
      }
    }
  }
  const decodes = [[1, 5, 6, 7, 8, 2], [9, 10, 11, 12, 13], [14, 12, 13], [15, 12, 16], [18, 17, 29, 30, 8], [10, 10], [5, 99, 6], [], [0, 12, 20, 12, 31, 12, 32, 34, 12, 16]].map((decode) => ({ decode }));

  return {
    'bert clean_text': [plain({ normalizer: bert({ clean_text: true }) }), encodings],
    'bert handle_chinese_chars': [plain({ normalizer: bert({ handle_chinese_chars: true }) }), encodings],
    'bert strip_accents': [plain({ normalizer: bert({ strip_accents: true }) }), encodings],
    'bert lowercase': [plain({ normalizer: bert({ lowercase: true }) }), encodings],
    'bert all': [plain({ normalizer: bert({ clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true }) }), encodings],
    'bert cased': [plain({ normalizer: bert({ clean_text: true, handle_chinese_chars: true, strip_accents: null }) }), encodings],
    nfc: [plain({ normalizer: { type: 'NFC' } }), encodings],
    nfd: [plain({ normalizer: { type: 'NFD' } }), encodings],
    nfkc: [plain({ normalizer: { type: 'NFKC' } }), encodings],
    nfkd: [plain({ normalizer: { type: 'NFKD' } }), encodings],
    nmt: [plain({ normalizer: { type: 'Nmt' } }), encodings],
    lowercase: [plain({ normalizer: { type: 'Lowercase' } }), encodings],
    'nfd strip_accents lowercase': [plain({ normalizer: sequence({ type: 'NFD' }, { type: 'StripAccents' }, { type: 'Lowercase' }) }), encodings],
    'nfkd nfc': [plain({ normalizer: sequence({ type: 'NFKD' }, { type: 'NFC' }) }), encodings],
    'strip both': [plain({ normalizer: { type: 'Strip', strip_left: true, strip_right: true } }), encodings],
    'strip left': [plain({ normalizer: { type: 'Strip', strip_left: true, strip_right: false } }), encodings],
    'replace prepend': [plain({ normalizer: sequence({ type: 'Prepend', prepend: '▁«' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }, { type: 'Replace', pattern: { String: 'll' }, content: 'LÉ' }, { type: 'Replace', pattern: { String: 'e' }, content: '' }) }), encodings],
    'empty sequence': [plain({ normalizer: sequence() }), encodings],
    'bert pre-tokenizer': [plain({ pre_tokenizer: { type: 'BertPreTokenizer' } }), encodings],
    whitespace: [plain({ pre_tokenizer: { type: 'Whitespace' } }), encodings],
    whitespace_split: [plain({ pre_tokenizer: { type: 'WhitespaceSplit' } }), encodings],
    'char delimiter': [plain({ pre_tokenizer: { type: 'CharDelimiterSplit', delimiter: 'é' } }), encodings],
    'digits individual': [plain({ pre_tokenizer: { type: 'Digits', individual_digits: true } }), encodings],
    'digits together': [plain({ pre_tokenizer: { type: 'Digits', individual_digits: false } }), encodings],
    ...Object.fromEntries(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'].map((behavior) =>
      [`punctuation ${behavior}`, [plain({ pre_tokenizer: { type: 'Punctuation', behavior } }), encodings]])),
    'pre-tokenizer sequence': [plain({ normalizer: { type: 'NFKC' }, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Punctuation', behavior: 'Isolated' }, { type: 'Digits', individual_digits: true }] } }), encodings],
    'unicode scripts': [plain({ model: oneToken, pre_tokenizer: { type: 'UnicodeScripts' } }), encodings],
    'fixed length': [plain({ model: oneToken, pre_tokenizer: { type: 'FixedLength', length: 3 } }), encodings],
    ...Object.fromEntries(behaviors.flatMap((behavior) => [false, true].flatMap((invert) => [{ Regex: '\\s+' }, { String: 'l' }].map((pattern) =>
      [`split ${JSON.stringify(pattern)} ${behavior} ${invert}`, [plain({ model: oneToken, pre_tokenizer: { type: 'Split', pattern, behavior, invert } }), encodings]])))),
    ...Object.fromEntries(regexes.map((regex) => [`split ${regex}`, [plain({ model: oneToken, pre_tokenizer: { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false } }), regexEncodings]])),
    ...Object.fromEntries([['', '-'], ['l', 'LL'], [{ Regex: '\\s*' }, '_'], [{ Regex: '(?<=l)' }, 'é'], [{ Regex: '\\p{L}+' }, ''], [{ Regex: '^|$' }, '|']].map(([pattern, content]) =>
      [`replace ${JSON.stringify(pattern)}`, [plain({ normalizer: { type: 'Replace', pattern: pattern.Regex ? pattern : { String: pattern }, content } }), encodings]])),
    'word piece': [plain({ ...uncased }), encodings],
    // For pairs cut without a post-processor Hugging Face loses the sequence ids of the windows; onedge keeps them.
    'no post-processor': [plain({ ...uncased, added_tokens: specials }), [...pairs, ...shaping.filter((request) => request.pair === undefined)]],
    'template': [plain({ ...uncased, added_tokens: specials, post_processor: template }), [...encodings, ...pairs, ...shaping]],
    'bert processing': [plain({ ...uncased, added_tokens: specials, post_processor: { type: 'BertProcessing', sep: ['[SEP]', 2], cls: ['[CLS]', 1] } }), [...encodings, ...pairs, ...shaping]],
    'added tokens': [plain({ ...uncased, added_tokens: [added(3, '[MASK]', { special: true, lstrip: true }), added(90, '<t>', { single_word: true, normalized: false }), added(91, '<n>', { rstrip: true }), added(91, 'ünï', { normalized: true }), added(7, 'world'), added(40, 'Hello'), added(60, ' b', { lstrip: true, rstrip: true, normalized: false })] }), encodings],
    'added tokens, no normalizer': [plain({ added_tokens: [added(5000, '<t>', { lstrip: true, rstrip: true }), added(5001, '<n>', { single_word: true }), added(5002, 'll'), added(5003, 'llo'), added(5004, '字符', { single_word: true })] }), encodings],
    'word piece decoder': [plain({ ...uncased, added_tokens: specials, decoder: { type: 'WordPiece', prefix: '##', cleanup: true } }), decodes],
    'word piece decoder without cleanup': [plain({ ...uncased, added_tokens: specials, decoder: { type: 'WordPiece', prefix: '##', cleanup: false } }), decodes],
    'no decoder': [plain({ ...uncased, added_tokens: specials }), decodes],
    'word level': [plain({ pre_tokenizer: { type: 'BertPreTokenizer' }, model: { type: 'WordLevel', unk_token: '[UNK]', vocab: wordPiece.vocab } }), encodings],
    ...Object.fromEntries([{}, { unk_token: '<u>' }, { unk_token: '<u>', fuse_unk: true }, { unk_token: '<u>', byte_fallback: true, fuse_unk: true }, { continuing_subword_prefix: '##', end_of_word_suffix: '</w>' }, { ignore_merges: true, unk_token: '<u>' }].map((options) =>
      [`bpe ${JSON.stringify(options)}`, [plain({ pre_tokenizer: { type: 'WhitespaceSplit' }, model: bpe(options) }), encodings]])),
    ...Object.fromEntries([[false, true], [true, true], [true, false]].map(([add_prefix_space, use_regex]) =>
      [`byte level ${add_prefix_space} ${use_regex}`, [plain({ added_tokens: [added(300, '[MASK]', { lstrip: true, special: true })], pre_tokenizer: { type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex }, post_processor: { type: 'ByteLevel', add_prefix_space, trim_offsets: true }, model: byteLevelModel() }), [...encodings, ...shaping.filter((request) => request.pair === undefined || !request.truncation)]]])),
    roberta: [plain({ added_tokens: [added(300, '[MASK]', { lstrip: true, special: true }), added(301, '[CLS]', { rstrip: true, special: true })], pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true }, post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0], trim_offsets: true, add_prefix_space: true }, model: byteLevelModel() }), [...encodings, ...pairs, ...shaping.map((request) => ({ ...request, truncation: { ...request.truncation, max_length: request.truncation.max_length + 4 } }))]],
    'byte level normalizer': [plain({ normalizer: { type: 'ByteLevel' } }), encodings],
    'post-processor sequence': [plain({ pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false }, post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }, template] }, model: byteLevelModel() }), [...encodings, ...pairs]],
    ...Object.fromEntries(['always', 'first', 'never'].flatMap((prepend_scheme) => [true, false].map((split) =>
      [`metaspace ${prepend_scheme} ${split}`, [plain({ added_tokens: [added(9000, '<t>')], pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme, split }, model: unigram({}) }), encodings]]))),
    ...Object.fromEntries([{ unk_id: 0 }, { unk_id: 0, byte_fallback: true }].map((options) =>
      [`unigram ${JSON.stringify(options)}`, [plain({ normalizer: { type: 'NFKC' }, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Metaspace', replacement: '▁', add_prefix_space: true }] }, decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true }, model: unigram(options) }), [...encodings, ...[[1, 2, 3], [3, 1], [1, 1], []].map((decode) => ({ decode }))]]])),
    'byte level decoder': [plain({ decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true }, model: byteLevelModel() }), [[5, 6, 7], [35, 200, 100], Array.from({ length: 250 }, (_, i) => i), [260, 261, 262, 5]].map((decode) => ({ decode }))],
    ...Object.fromEntries(Object.entries({
      fallback: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
      'fallback alone': { type: 'ByteFallback' }, bpe: { type: 'BPEDecoder', suffix: '</w>' }, strip: { type: 'Strip', content: 'x', start: 1, stop: 1 },
      ctc: { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: true }, 'ctc raw': { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: false },
      'metaspace never': { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: true },
    }).map(([name, decoder]) => [`${name} decoder`, [plain({ decoder, model: { type: 'WordLevel', unk_token: '<unk>', vocab: Object.fromEntries(decoderTokens.map((t, i) => [t, i])) } }), decoderIds.map((decode) => ({ decode }))]])),
  };
}
