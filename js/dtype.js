// ONNX element types and the typed arrays that hold them in JS.

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  float16: Uint16Array, // raw bits
  bfloat16: Uint16Array, // raw bits
  float8e4m3fn: Uint8Array, // raw bits, like all below
  float8e4m3fnuz: Uint8Array,
  float8e5m2: Uint8Array,
  float8e5m2fnuz: Uint8Array,
  float8e8m0: Uint8Array,
};
const PACKED_BITS = { int4: 4, uint4: 4, float4e2m1: 4, int2: 2, uint2: 2 };

export const dtypeNames = [...Object.keys(ARRAYS), ...Object.keys(PACKED_BITS), 'string'];

/**
 * The typed array class for a dtype; packed types are bytes, low bits first. Undefined for strings and unknown names.
 */
export const arrayTypeOf = (dtype) => ARRAYS[dtype] ?? (dtype in PACKED_BITS ? Uint8Array : undefined);

/** The number of array elements for `count` tensor elements. */
export const arrayLengthOf = (dtype, count) =>
  dtype in PACKED_BITS ? Math.ceil((count * PACKED_BITS[dtype]) / 8) : count;
