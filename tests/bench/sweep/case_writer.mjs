// One case of the operator sweep: an ONNX model of few nodes, and its inputs. All numbers are seeded.
import { DTYPES, OnnxWriter } from '../../ort/onnx_writer.mjs';
import { randomNumbers } from '../random.mjs';
import { ARRAYS, halfBits, sizeOf } from '../tensors.mjs';

const SEED = 11;
// Ranges of random numbers. Weights of 7 bits: onnxruntime saturates sums of two products on processors without VNNI.
const RANGES = { float32: [-1, 1], float16: [-1, 1], uint8: [0, 255], int8: [-63, 63], int32: [0, 255], int64: [0, 255], bool: [0, 1] };

export class CaseWriter extends OnnxWriter {
  #random;
  inputs = []; // {name, dtype, dims, data}

  constructor(prefix = '') {
    super(SEED, prefix);
    this.#random = randomNumbers(SEED);
  }

  #numbers(dtype, dims, [low, high] = RANGES[dtype]) {
    const data = new ARRAYS[dtype](sizeOf(dims));
    const convert = { float32: (value) => value, float16: halfBits, int64: (value) => BigInt(Math.round(value)) }[dtype] ?? Math.round;
    for (let i = 0; i < data.length; ++i) data[i] = convert(low + (high - low) * this.#random());
    return data;
  }
  /** An input of the model. */
  feed(dtype, dims, range) {
    const name = `x${this.inputs.length}`;
    this.inputs.push({ name, dtype, dims, data: this.#numbers(dtype, dims, range) });
    return this.input(name, dims, { type: DTYPES[dtype] });
  }
  /** A constant: weights. */
  weights(dtype, dims, range) {
    return this.constant(dims, this.#numbers(dtype, dims, range), dtype);
  }
  scalar(dtype, value) {
    return this.constant([], ARRAYS[dtype].of(value), dtype);
  }
  floats(...values) {
    return this.constant([values.length], Float32Array.from(values));
  }
  /** An output of the model: the value of a node. */
  result(value, dtype = 'float32', options = {}) {
    this.output(value, undefined, { type: DTYPES[dtype], ...options });
  }
}

/** The writer of the body of a Loop or of the branch of an If. */
export const subgraph = () => new CaseWriter('inner_');

/** A case from a function that writes it. `write(model)`. */
export const caseOf = (name, write) => ({
  name,
  make() {
    const model = new CaseWriter();
    write(model);
    return { onnx: model.finish(), inputs: model.inputs };
  },
});

/** A case of one operator on float32 inputs: their dims, then the constants that `constants(model)` makes. */
export const oneNode = (name, op, inputs, attributes = {}, constants = () => []) =>
  caseOf(name, (model) => {
    const values = inputs.map((dims) => model.feed('float32', dims));
    model.result(model.node(op, [...values, ...constants(model)], attributes));
  });
