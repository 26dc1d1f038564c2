// Reads TensorProto files (name, dims, data_type, raw_data or float_data) of ONNX test data.

const TYPES = { 1: ['float32', Float32Array], 2: ['uint8', Uint8Array], 3: ['int8', Int8Array], 6: ['int32', Int32Array], 7: ['int64', BigInt64Array], 9: ['bool', Uint8Array], 10: ['float16', Uint16Array] };

/** @returns {{name: string, dtype: string, dims: number[], data: ArrayLike<number | bigint>}} float16 as bits */
export function parseTensor(bytes) {
  const dims = [];
  let name = '';
  let type;
  let data = new Uint8Array();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, wire] = [tag >> 3, tag & 7];
    if (wire === 0) {
      const value = varint();
      if (field === 1) dims.push(value);
      if (field === 2) type = TYPES[value];
      if (field === 2 && !type) throw new Error(`data_type ${value} is not one of ${Object.keys(TYPES)}`);
    } else if (wire === 2) {
      const length = varint();
      const end = at + length;
      if (field === 8) name = bytes.toString('utf8', at, end);
      if (field === 9 || field === 4) data = Uint8Array.prototype.slice.call(bytes, at, end); // a copy: aligned
      while (field === 1 && at < end) dims.push(varint()); // packed
      at = end;
    } else {
      throw new Error(`wire type ${wire}`);
    }
  }
  const [dtype, ArrayType] = type;
  return { name, dtype, dims, data: new ArrayType(data.buffer) };
}
