// The forms of the panel for a visitor's own model, one for each task, and the display of answers as bars or numbers.
import { chooser, field } from './own_input.js';
import { showBars } from './view.js';

const SENTENCE = 'Anna from Paris moved to Berlin last spring.';
const lines = (value) => value.split(/\r?\n/).filter((line) => line.trim());
const text = field('text', 'Text', SENTENCE);
const image = chooser('image', 'Image', 'image/*');

/** Task -> the fields of its form, and the functions that make the input and the options of run() from their values. */
const FORMS = {
  'text-classification': { fields: [text], input: (form) => form.text, options: () => ({ topK: 5 }) },
  'token-classification': { fields: [text], input: (form) => form.text, options: () => ({ aggregationStrategy: 'simple' }) },
  'fill-mask': { fields: [field('text', 'Text with a mask', 'The house is in [MASK].')], input: (form) => form.text, options: () => ({ topK: 5 }) },
  'feature-extraction': { fields: [text], input: (form) => form.text },
  'question-answering': {
    fields: [field('question', 'Question', 'Where did Anna move?'), field('context', 'Context', SENTENCE, 3)],
    input: ({ question, context }) => ({ question, context }),
    options: () => ({ topK: 3 }),
  },
  'zero-shot-classification': {
    fields: [text, field('labels', 'Labels, separated by commas', 'travel, food, politics')],
    input: (form) => form.text,
    options: ({ labels }) => ({ candidateLabels: labels.split(',').map((label) => label.trim()).filter(Boolean) }),
  },
  'sentence-similarity': {
    fields: [field('source', 'Sentence', SENTENCE), field('sentences', 'Compared with, one a line', 'Anna lives in Berlin now.\nThe soup is cold.', 3)],
    input: ({ source, sentences }) => ({ source_sentence: source, sentences: lines(sentences) }),
  },
  'text-ranking': {
    fields: [field('query', 'Query', 'Where does Anna live?'), field('texts', 'Texts, one a line', 'Anna lives in Berlin now.\nThe soup is cold.', 3)],
    input: ({ query, texts }) => ({ query, texts: lines(texts) }),
  },
  'image-classification': { fields: [image], input: (form) => form.image, options: () => ({ topK: 5 }) },
  'object-detection': { fields: [image], input: (form) => form.image, options: () => ({ threshold: 0.5 }) },
};

/** The form of a task; undefined for tensors and for unknown tasks. */
export const formOf = (task) => FORMS[task];

/** Shows an answer of run() in `output`; `input` is the input of the run. */
export function showAnswer(output, answer, input) {
  if (answer instanceof Float32Array) {
    output.textContent = `float32 [${answer.length}]: ${[...answer.slice(0, 8)].map((x) => x.toFixed(4)).join(', ')}${answer.length > 8 ? ', …' : ''}`;
    return;
  }
  const entries = Array.isArray(answer) ? answer : answer.labels.map((label, i) => ({ label, score: answer.scores[i] }));
  if (entries.length === 0) {
    output.textContent = 'Nothing found.';
    return;
  }
  const list = Object.assign(document.createElement('ol'), { className: 'bars' });
  list.setAttribute('aria-label', 'Answer');
  showBars(list, entries.map((entry) => ({ label: labelOf(entry, input), score: entry.score })));
  output.replaceChildren(list);
}

function labelOf(entry, input) {
  if (entry.box) {
    const { xmin, ymin, xmax, ymax } = entry.box;
    return `${entry.label} (${[xmin, ymin, xmax, ymax].map(Math.round).join(', ')})`;
  }
  if (entry.word !== undefined) return `${entry.word}: ${entry.entity_group ?? entry.entity}`;
  if (entry.answer !== undefined) return entry.answer || '(no answer)';
  if (entry.token_str !== undefined) return entry.token_str;
  if (entry.index !== undefined) return (input.texts ?? input.sentences)[entry.index];
  return entry.label;
}
