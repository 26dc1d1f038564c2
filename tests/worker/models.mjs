// The models of these tests: tiny, with seeded random weights, packaged.
import { chain } from '../ort/chain.mjs';
import { OnnxWriter } from '../ort/onnx_writer.mjs';
import { encoder, heads, tokenizer } from '../ort/tiny_models.mjs';
import { onedgePackage } from './onedge_package.mjs';

const MAX_LENGTH = 12; // tokens
const tokenizerJson = Buffer.from(JSON.stringify(tokenizer));

const text = (name, version, task, onnx, { labels = [], postprocessing = {}, maxLength = MAX_LENGTH, json = tokenizerJson }) =>
  onedgePackage(
    { name, version, task, labels, preprocessing: { tokenizer: 'tokenizer.json', ...(maxLength && { max_length: maxLength }) }, postprocessing, license: 'Apache-2.0' },
    { 'tokenizer.json': json, 'model.onnx': onnx },
  );
// This length limit is in the tokenizer, not in the manifest.
const truncation = { direction: 'Right', max_length: 8, strategy: 'LongestFirst', stride: 0 };
const cutting = Buffer.from(JSON.stringify({ ...tokenizer, truncation }));

/**
 * A model without type ids: the sum of one row for each token. `tokens`: the number of tokens of every text, or a name
 * for any number.
 */
function summed(seed, tokens, rows, pooled = true) {
  const model = new OnnxWriter(seed);
  const ids = model.input('input_ids', ['batch', tokens], { int64: true });
  const all = model.node('Gather', [rows(model), ids], {}, pooled ? undefined : ['last_hidden_state']);
  if (pooled) model.node('ReduceSum', [all, model.int64s(1)], { keepdims: 0 }, ['logits']);
  model.output(pooled ? 'logits' : 'last_hidden_state', ['batch', ...(pooled ? [] : [tokens]), 3]);
  return model.finish();
}
const words = Object.keys(tokenizer.model.vocab).length;

/** The protocol's datatype -> number of TensorProto.DataType. */
export const DATATYPES = {
  BOOL: 9, UINT8: 2, UINT16: 4, UINT32: 12, UINT64: 13, INT8: 3, INT16: 5, INT32: 6, INT64: 7, FP16: 10, BF16: 16, FP32: 1, FP64: 11, BYTES: 8,
};

/** Its outputs `out_...` are its inputs `in_...`. */
function echo(datatypes) {
  const model = new OnnxWriter(1);
  for (const datatype of datatypes) {
    const type = DATATYPES[datatype];
    model.node('Identity', [model.input(`in_${datatype}`, ['n'], { type })], {}, [`out_${datatype}`]);
    model.output(`out_${datatype}`, ['n'], { type });
  }
  return model.finish();
}

/** File name -> bytes. */
export const files = {
  'classifier-1.onedge': text('classifier', '1.0.0', 'text-classification', encoder(1, heads.ForSequenceClassification(3)), { labels: ['sad', 'happy', 'neutral'] }),
  'classifier-2.onedge': text('classifier', '1.1.0', 'text-classification', encoder(2, heads.ForSequenceClassification(3)), { labels: ['sad', 'happy', 'neutral'] }),
  'embedder.onedge': text('embedder', '1.0.0', 'feature-extraction', encoder(6, heads.Model), { postprocessing: { pooling: 'mean', normalize: true } }),
  'cutter.onedge': text('cutter', '1.0.0', 'feature-extraction', encoder(6, heads.Model), { maxLength: 0, json: cutting }),
  'reranker.onedge': text('reranker', '1.0.0', 'text-classification', encoder(13, heads.ForSequenceClassification(1)), {
    labels: ['relevance'], postprocessing: { function: 'sigmoid' },
  }),
  'untyped.onedge': text('untyped', '1.0.0', 'text-classification', summed(20, 'tokens', (model) => model.random(words, 3)), { labels: ['sad', 'happy', 'neutral'] }),
  'broken.onedge': text('broken', '1.0.0', 'text-classification', summed(21, 'tokens', (model) => model.constant([words, 3], new Float32Array(words * 3).fill(NaN))), {
    labels: ['sad', 'happy', 'neutral'],
  }),
  'fixed.onedge': text('fixed', '1.0.0', 'feature-extraction', summed(22, MAX_LENGTH, (model) => model.random(words, 3), false), {}),
  'every-token.onedge': text('every-token', '1.0.0', 'feature-extraction', encoder(6, heads.Model), { postprocessing: { pooling: 'none', normalize: true } }),
  'one-label.onedge': text('one-label', '1.0.0', 'text-classification', encoder(13, heads.ForSequenceClassification(1)), {
    labels: ['relevance'], postprocessing: { function: 'softmax' },
  }),
  ...Object.fromEntries(Object.keys(DATATYPES).map((datatype) => [`echo-${datatype}.onnx`, echo([datatype])])),
  'pair.onnx': echo(['FP32', 'INT64']),
  'chain.onnx': chain(),
};
