// Tiny models with seeded random weights, one folder each in the layout of transformers.js: config.json,
// tokenizer.json, onnx/model.onnx.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxWriter } from './onnx_writer.mjs';

const HIDDEN = 16;
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const WORDS = 'the a of in is was and paris berlin france germany capital city happy sad very not this example sentence good bad river house where what ##s ##ed ##ing . , ?'.split(' ');
const VOCABULARY = [...SPECIAL, ...WORDS];

/** A BERT of one layer; `head(model, hidden)` adds the outputs. */
export function encoder(seed, head) {
  const model = new OnnxWriter(seed);
  const ids = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => model.input(name, ['batch', 'sequence'], { int64: true }));
  const words = model.node('Gather', [model.random(VOCABULARY.length, HIDDEN), ids[0]]);
  const x = model.node('Add', [words, model.node('Gather', [model.random(2, HIDDEN), ids[2]])]);
  const one = model.constant([1], Float32Array.of(1));
  const mask = model.node('Unsqueeze', [model.node('Cast', [ids[1]], { to: 1 }), model.int64s(1)]);
  const bias = model.node('Mul', [model.node('Sub', [one, mask]), model.constant([1], Float32Array.of(-1e4))]);
  const [query, key, value] = [0, 1, 2].map(() => model.node('MatMul', [x, model.random(HIDDEN, HIDDEN)]));
  const scores = model.node('Add', [model.node('MatMul', [query, model.node('Transpose', [key], { perm: [0, 2, 1] })]), bias]);
  const context = model.node('MatMul', [model.node('Softmax', [scores], { axis: -1 }), value]);
  const sum = model.node('Add', [x, context]);
  const hidden = model.node('LayerNormalization', [sum, model.random(HIDDEN), model.random(HIDDEN)], { axis: -1, epsilon: { float: 1e-6 } });
  head(model, hidden);
  return model.finish();
}

export const heads = {
  Model(model, hidden) {
    model.node('Identity', [hidden], {}, ['last_hidden_state']);
    model.output('last_hidden_state', ['batch', 'sequence', HIDDEN]);
  },
  ForSequenceClassification: (labels) => (model, hidden) => {
    const first = model.node('Gather', [hidden, model.constant([], BigInt64Array.of(0n))], { axis: 1 });
    model.node('Gemm', [first, model.random(HIDDEN, labels), model.random(labels)], {}, ['logits']);
    model.output('logits', ['batch', labels]);
  },
  ForTokenClassification: (labels) => (model, hidden) => {
    model.node('Add', [model.node('MatMul', [hidden, model.random(HIDDEN, labels)]), model.random(labels)], {}, ['logits']);
    model.output('logits', ['batch', 'sequence', labels]);
  },
  ForQuestionAnswering(model, hidden) {
    const both = ['start', 'end'].map((name) => [name, model.node('MatMul', [hidden, model.random(HIDDEN, 1)])]);
    for (const [name, scores] of both) {
      model.node('Squeeze', [scores, model.int64s(-1)], {}, [`${name}_logits`]);
      model.output(`${name}_logits`, ['batch', 'sequence']);
    }
  },
};

function vision(seed, labels) {
  const model = new OnnxWriter(seed);
  const image = model.input('pixel_values', ['batch', 3, 8, 8]);
  const features = model.node('Relu', [model.node('Conv', [image, model.random(8, 3, 3, 3), model.random(8)], { pads: [1, 1, 1, 1], strides: [2, 2] })]);
  const pooled = model.node('Flatten', [model.node('GlobalAveragePool', [features])]);
  model.node('Gemm', [pooled, model.random(8, labels), model.random(labels)], {}, ['logits']);
  model.output('logits', ['batch', labels]);
  return model.finish();
}

/** The objects of an image in DETR's form: the last class is "nothing". */
function detector(seed, labels, objects) {
  const model = new OnnxWriter(seed);
  const image = model.input('pixel_values', ['batch', 3, 8, 8]);
  model.input('pixel_mask', ['batch', 64, 64], { int64: true });
  const features = model.node('Relu', [model.node('Conv', [image, model.random(8, 3, 3, 3), model.random(8)], { pads: [1, 1, 1, 1], strides: [2, 2] })]);
  const pooled = model.node('Flatten', [model.node('GlobalAveragePool', [features])]);
  const rows = (columns) => {
    const flat = model.node('Gemm', [pooled, model.random(8, objects * columns), model.random(objects * columns)]);
    return model.node('Reshape', [flat, model.int64s(-1, objects, columns)]);
  };
  model.node('Mul', [rows(labels + 1), model.constant([1], Float32Array.of(4))], {}, ['logits']);
  model.node('Sigmoid', [rows(4)], {}, ['pred_boxes']);
  model.output('logits', ['batch', objects, labels + 1]);
  model.output('pred_boxes', ['batch', objects, 4]);
  return model.finish();
}

const token = (content, id) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });
export const tokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: SPECIAL.map(token),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } }],
    pair: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } },
      { Sequence: { id: 'B', type_id: 1 } }, { SpecialToken: { id: '[SEP]', type_id: 1 } },
    ],
    special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [SPECIAL.indexOf(id)], tokens: [id] }])),
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100,
    vocab: Object.fromEntries(VOCABULARY.map((word, id) => [word, id])),
  },
};
const tokenizerConfig = {
  tokenizer_class: 'BertTokenizer', do_lower_case: true, model_max_length: 64,
  pad_token: '[PAD]', unk_token: '[UNK]', cls_token: '[CLS]', sep_token: '[SEP]', mask_token: '[MASK]',
};
const preprocessor = {
  image_processor_type: 'ViTImageProcessor', do_resize: true, size: { height: 8, width: 8 }, resample: 2, do_rescale: true, rescale_factor: 1 / 255,
  do_normalize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5],
};

/** Writes all models below `folder`. */
export function writeTinyModels(folder) {
  const write = (name, architecture, labels, onnx, { config: more, ...files }) => {
    const path = join(folder, name);
    mkdirSync(join(path, 'onnx'), { recursive: true });
    writeFileSync(join(path, 'onnx', 'model.onnx'), onnx);
    const config = {
      model_type: architecture.match(/^(Bert|ViT|Detr)/)[0].toLowerCase(), architectures: [architecture], hidden_size: HIDDEN, vocab_size: VOCABULARY.length,
      id2label: Object.fromEntries(labels.map((label, id) => [id, label])), label2id: Object.fromEntries(labels.map((label, id) => [label, id])), ...more,
    };
    for (const [file, content] of Object.entries({ 'config.json': config, ...files })) writeFileSync(join(path, file), JSON.stringify(content));
  };
  const text = (name, architecture, labels, seed, head, config = {}) =>
    write(name, `Bert${architecture}`, labels, encoder(seed, head), { 'tokenizer.json': tokenizer, 'tokenizer_config.json': tokenizerConfig, config });
  text('classifier', 'ForSequenceClassification', ['sad', 'happy', 'neutral'], 1, heads.ForSequenceClassification(3));
  text('nli', 'ForSequenceClassification', ['contradiction', 'neutral', 'entailment'], 2, heads.ForSequenceClassification(3));
  text('tagger', 'ForTokenClassification', ['O', 'B-LOC', 'I-LOC'], 3, heads.ForTokenClassification(3));
  text('reader', 'ForQuestionAnswering', [], 4, heads.ForQuestionAnswering);
  text('filler', 'ForMaskedLM', [], 5, heads.ForTokenClassification(VOCABULARY.length));
  text('embedder', 'Model', [], 6, heads.Model);
  text('multi', 'ForSequenceClassification', ['sad', 'happy', 'city'], 8, heads.ForSequenceClassification(3), { problem_type: 'multi_label_classification' });
  text('ranker', 'ForSequenceClassification', ['LABEL_0'], 9, heads.ForSequenceClassification(1));
  write('detector', 'DetrForObjectDetection', ['cat', 'dog', 'bird'], detector(10, 3, 12), {
    'preprocessor_config.json': { ...preprocessor, image_processor_type: 'DetrFeatureExtractor' },
  });
  write('vision', 'ViTForImageClassification', ['cat', 'dog', 'bird'], vision(7, 3), { 'preprocessor_config.json': preprocessor });
}
