// Writes sentencepiece .model files for the tests, with the field names of sentencepiece_model.proto.
// usage: node tests/tokenizer/sentencepiece_model.mjs TOKENIZER.json > FILE.model    (a Unigram tokenizer.json, with
// T5's ids)

const TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };

function varint(value) {
  const bytes = [];
  for (let left = BigInt.asUintN(64, BigInt(value)); ; left >>= 7n) {
    if (left < 0x80n) return Buffer.from([...bytes, Number(left)]);
    bytes.push(Number(left & 0x7fn) | 0x80);
  }
}
const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => {
  const content = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
};
function float(field, value) {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), content]);
}
const fields = (numbers, values) =>
  Buffer.concat(Object.entries(values).map(([name, value]) => (typeof value === 'object' ? bytes : number)(numbers[name], typeof value === 'boolean' ? Number(value) : value)));

/**
 * @param {[text: string, score: number, type?: keyof typeof TYPES][]} pieces
 * @param {{model_type?: 1 | 2 | 3 | 4, byte_fallback?: boolean, treat_whitespace_as_suffix?: boolean, bos_id?: number,
 * eos_id?: number, pad_id?: number}} trainer
 * @param {{precompiled_charsmap?: Uint8Array, add_dummy_prefix?: boolean, remove_extra_whitespaces?: boolean,
 * escape_whitespaces?: boolean}} normalizer
 */
export function sentencePieceModel(pieces, trainer = {}, normalizer = {}) {
  const trainerFields = { model_type: 3, treat_whitespace_as_suffix: 24, byte_fallback: 35, unk_id: 40, bos_id: 41, eos_id: 42, pad_id: 43 };
  const normalizerFields = { precompiled_charsmap: 2, add_dummy_prefix: 3, remove_extra_whitespaces: 4, escape_whitespaces: 5 };
  return Buffer.concat([
    ...pieces.map(([text, score, type = 'normal']) =>
      bytes(1, Buffer.concat([bytes(1, text), float(2, score), ...(type === 'normal' ? [] : [number(3, TYPES[type])])]))),
    bytes(2, fields(trainerFields, { unk_id: pieces.findIndex(([, , type]) => type === 'unknown'), ...trainer })),
    bytes(3, fields(normalizerFields, normalizer)),
  ]);
}

/** T5's .model, from its tokenizer.json: without the <extra_id_N> that T5's converter adds. */
export function t5Model({ normalizer, model }) {
  const pieces = model.vocab.filter(([text]) => !text.startsWith('<extra_id_')).map(([text, score]) =>
    [text, score, text === '<unk>' ? 'unknown' : text === '<pad>' || text === '</s>' ? 'control' : 'normal']);
  return sentencePieceModel(pieces, { model_type: 1, bos_id: -1, eos_id: 1, pad_id: 0 },
    { precompiled_charsmap: Buffer.from(normalizer.precompiled_charsmap, 'base64') });
}

if (process.argv[1] === import.meta.filename) {
  const { readFileSync } = await import('node:fs');
  process.stdout.write(t5Model(JSON.parse(readFileSync(process.argv[2], 'utf8'))));
}
