// Reads float32 TensorProto files (dims, data_type, raw_data or float_data) of ONNX test data.

/** @returns {{dims: number[], data: number[]}} */
export function parseTensor(bytes) {
  const dims = [];
  let data = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  const floats = (part) => Array.from({ length: part.length / 4 }, (_, i) => part.readFloatLE(i * 4));
  while (at < bytes.length) {
    const tag = varint();
    const [field, wire] = [tag >> 3, tag & 7];
    if (wire === 0) {
      const value = varint();
      if (field === 1) dims.push(value);
      if (field === 2 && value !== 1) throw new Error(`data_type ${value} is not float32`);
    } else if (wire === 2) {
      const length = varint();
      const end = at + length;
      if (field === 9 || field === 4) data = floats(bytes.subarray(at, end));
      while (field === 1 && at < end) dims.push(varint()); // packed
      at = end;
    } else {
      throw new Error(`wire type ${wire}`);
    }
  }
  return { dims, data };
}
