// Writes ONNX files: just enough of protobuf for tests that make their own models.

const varint = (value) => {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
};
const int = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => {
  const content = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
};
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));
const float = (field, value) => {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), content]);
};

const FLOAT = 1;
const INT64 = 7;
/** Numbers of TensorProto.DataType. */
export const DTYPES = { float32: FLOAT, uint8: 2, int8: 3, int32: 6, int64: INT64, bool: 9, float16: 10 };
const dtypeOf = (data) => (data instanceof Float32Array ? 'float32' : 'int64');

/** A TensorProto in `field`: `data` are the typed array of the elements; float16 as bits. */
const tensor = (field, { name = '', dims, data, dtype = dtypeOf(data) }) =>
  message(
    field,
    ...dims.map((dim) => int(1, dim)),
    int(2, DTYPES[dtype]),
    bytes(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );

// AttributeProto: a number is an int, {float} a float, {string} a string, {tensor} a tensor, {graph} the graph of an
// OnnxWriter, {floats} floats, an array ints.
function attribute(name, value) {
  const head = bytes(1, name);
  if (Array.isArray(value)) return message(5, head, ...value.map((one) => int(8, one)), int(20, 7));
  if (typeof value !== 'object') return message(5, head, int(3, value), int(20, 2));
  if ('float' in value) return message(5, head, float(2, value.float), int(20, 1));
  if ('floats' in value) return message(5, head, ...value.floats.map((one) => float(7, one)), int(20, 6));
  if ('string' in value) return message(5, head, bytes(4, value.string), int(20, 3));
  if ('tensor' in value) return message(5, head, tensor(5, value.tensor), int(20, 4));
  return message(5, head, value.graph.graph(6), int(20, 5));
}

// Without dims: a tensor of any shape. `sequence`: a sequence of such tensors.
const valueInfo = (field, { name, type = FLOAT, dims, sequence }) => {
  const shape = dims ? [message(2, ...dims.map((dim) => message(1, typeof dim === 'string' ? bytes(2, dim) : int(1, dim))))] : [];
  const tensorType = message(1, int(1, type), ...shape);
  return message(field, bytes(1, name), message(2, sequence ? message(4, message(1, tensorType)) : tensorType));
};

/** A model that is built node by node; `random(dims)` are seeded weights. */
export class OnnxWriter {
  #nodes = [];
  #initializers = [];
  #inputs = [];
  #outputs = [];
  #count = 0;
  #microsoft = false;
  #seed;
  #prefix;

  /** `prefix`: of the names that it makes up; a subgraph's differ from those of the graph around it. */
  constructor(seed, prefix = '') {
    this.#seed = seed;
    this.#prefix = prefix;
  }

  /** `type`: a number of TensorProto.DataType. */
  input(name, dims, { int64 = false, type = int64 ? INT64 : FLOAT, sequence = false } = {}) {
    this.#inputs.push(valueInfo(11, { name, type, dims, sequence }));
    return name;
  }
  output(name, dims, { type = FLOAT, sequence = false } = {}) {
    this.#outputs.push(valueInfo(12, { name, type, dims, sequence }));
  }
  /** An initializer; `dtype` is needed unless `data` is a Float32Array or a BigInt64Array. */
  constant(dims, data, dtype) {
    const name = `${this.#prefix}c${++this.#count}`;
    this.#initializers.push(tensor(5, { name, dims, data, dtype })); // GraphProto.initializer
    return name;
  }
  /** Float32 weights in another file, from byte `offset` on. */
  external(dims, location, offset) {
    const name = `c${++this.#count}`;
    const length = 4 * dims.reduce((product, dim) => product * dim, 1);
    const entries = Object.entries({ location, offset, length }).map(([key, value]) => message(13, bytes(1, key), bytes(2, String(value))));
    // TensorProto: dims, data_type, name, external_data, data_location EXTERNAL.
    this.#initializers.push(message(5, ...dims.map((dim) => int(1, dim)), int(2, FLOAT), bytes(8, name), ...entries, int(14, 1)));
    return name;
  }
  int64s(...values) {
    return this.constant([values.length], BigInt64Array.from(values, BigInt));
  }
  random(...dims) {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
      this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
      return (this.#seed / 2 ** 32 - 0.5) * 2;
    });
    return this.constant(dims, data);
  }
  /** Returns the name of the first output; `outputs` names them if they matter. `op`: NAME or com.microsoft.NAME. */
  node(op, inputs, attributes = {}, outputs = [`${this.#prefix}v${++this.#count}`]) {
    const [, domain, type] = op.match(/^(?:(.*)\.)?(.*)$/);
    this.#microsoft ||= domain !== undefined;
    const parts = [...inputs.map((name) => bytes(1, name)), ...outputs.map((name) => bytes(2, name)), bytes(4, type), ...(domain ? [bytes(7, domain)] : [])];
    this.#nodes.push(message(1, ...parts, ...Object.entries(attributes).map(([name, value]) => attribute(name, value))));
    return outputs[0];
  }
  /** The graph, as a part of the message around it. */
  graph(field) {
    return message(field, ...this.#nodes, bytes(2, `${this.#prefix}graph`), ...this.#initializers, ...this.#inputs, ...this.#outputs);
  }
  /** The file: IR version 8, opset 17. */
  finish() {
    const microsoft = this.#microsoft ? [message(8, bytes(1, 'com.microsoft'), int(2, 1))] : [];
    return Buffer.concat([int(1, 8), this.graph(7), message(8, bytes(1, ''), int(2, 17)), ...microsoft]);
  }
}
