// The inputs for the tiny models, used by record_transformers_js.mjs for transformers.js and by the tests for onedge.

export const SIDE = 8; // the models' own size: resizing is tested elsewhere, because no two libraries round it alike
export const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 37) % 256);

const text = 'the river in Paris';
const long = 'paris is the capital of france and berlin is the capital of germany . the river was not sad , this was a very happy example sentence';

/** `input` and `options` are the same for both, except `ours`, which only onedge has. */
export const cases = [
  { name: 'classify', model: 'classifier', task: 'text-classification', input: text, options: { top_k: 2 } },
  { name: 'classify a batch', model: 'classifier', task: 'text-classification', input: [text, long, 'sad'], options: { top_k: 3 } },
  { name: 'multi-label', model: 'multi', task: 'text-classification', input: text, options: { top_k: 3 } },
  { name: 'tokens', model: 'tagger', task: 'token-classification', input: `${text} rivers .`, options: { ignore_labels: [] } },
  { name: 'tokens without O', model: 'tagger', task: 'token-classification', input: long },
  { name: 'groups', model: 'tagger', task: 'token-classification', input: long, options: { aggregation_strategy: 'simple', ignore_labels: [] } },
  {
    name: 'answer', model: 'reader', task: 'question-answering', input: { question: 'Where is the house?', context: 'the house is in berlin' },
    options: { top_k: 4 }, ours: { max_answer_len: 100, align_to_words: false },
  },
  { name: 'fill', model: 'filler', task: 'fill-mask', input: 'paris is the [MASK] of france.' },
  { name: 'fill three', model: 'filler', task: 'fill-mask', input: ['[MASK]', 'the [MASK] was sad'], options: { top_k: 3 } },
  { name: 'embed', model: 'embedder', task: 'feature-extraction', input: [text, long], options: { pooling: 'mean', normalize: true } },
  { name: 'embed with cls', model: 'embedder', task: 'feature-extraction', input: [text], options: { pooling: 'cls', normalize: false } },
  { name: 'embed every token', model: 'embedder', task: 'feature-extraction', input: [text], options: { pooling: 'none', normalize: false } },
  { name: 'zero-shot', model: 'nli', task: 'zero-shot-classification', input: text, options: { candidate_labels: ['good', 'bad', 'city'] } },
  {
    name: 'zero-shot, each label alone', model: 'nli', task: 'zero-shot-classification', input: [text, long],
    options: { candidate_labels: ['good', 'bad', 'city'], multi_label: true, hypothesis_template: 'this was {} .' },
  },
  { name: 'zero-shot, one label', model: 'nli', task: 'zero-shot-classification', input: text, options: { candidate_labels: ['city'] } },
  { name: 'rank', model: 'ranker', task: 'text-ranking', input: { query: 'where is paris', texts: ['paris is in france', 'sad', long] } },
  { name: 'image', model: 'vision', task: 'image-classification', options: { top_k: 3 } },
  { name: 'objects', model: 'detector', task: 'object-detection', options: { threshold: 0.5 } },
  { name: 'objects in fractions', model: 'detector', task: 'object-detection', options: { threshold: 0.3, percentage: true } },
];
