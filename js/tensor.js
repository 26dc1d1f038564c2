import { arrayLengthOf, arrayTypeOf, dtypeNames } from './dtype.js';

/**
 * An n-dimensional array: dtype, dims and dense row-major data. Owns its data and holds no wasm memory.
 */
export class Tensor {
  /**
   * @param {string} dtype 'float32', 'int64', 'string', ... (ONNX's names in NumPy's spelling)
   * @param {ArrayLike<number | bigint | boolean | string>} data a typed array that fits `dtype` is used directly; other
   * arrays are converted (numbers become bigints for 64-bit integers)
   * @param {number[]} [dims] default: one dimension of data.length
   */
  constructor(dtype, data, dims = [data.length]) {
    if (!dtypeNames.includes(dtype)) throw new TypeError(`Tensor: unknown dtype '${dtype}'; expected one of ${dtypeNames.join(', ')}`);
    if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
      throw new TypeError(`Tensor: dims must be non-negative integers, got [${dims.join(', ')}]`);
    }
    const count = dims.reduce((product, dim) => product * dim, 1);
    const expected = arrayLengthOf(dtype, count);
    if (data.length !== expected) {
      throw new TypeError(`Tensor: ${dtype} [${dims.join(', ')}] needs ${expected} elements, got ${data.length}`);
    }
    this.dtype = dtype;
    this.data = convert(dtype, data);
    this.dims = [...dims];
  }

  /** Number of elements. */
  get size() {
    return this.dims.reduce((product, dim) => product * dim, 1);
  }
}

/** A Tensor, restored if it came from another thread and lost its class. */
export function tensorOf(value, name) {
  if (value instanceof Tensor) return value;
  if (!value?.dims) throw new TypeError(`input '${name}': expected a Tensor`);
  return new Tensor(value.dtype, value.data, value.dims);
}

function convert(dtype, data) {
  if (dtype === 'string') return Array.from(data, String);
  const ArrayType = arrayTypeOf(dtype);
  if (data instanceof ArrayType || (dtype === 'bool' && data instanceof Uint8ClampedArray)) return data;
  if (ArrayType === BigInt64Array || ArrayType === BigUint64Array) return ArrayType.from(data, BigInt);
  return ArrayType.from(data, Number);
}
