// The bodies of the Open Inference Protocol v2, with its binary tensor data extension: requests to tensors, tensors to responses.
// Specification: KServe's "Open Inference Protocol" and "Binary Tensor Data Extension". Binary data is little-endian, as wasm and typed arrays are.
import { Tensor } from 'onedge';
import { arrayTypeOf } from 'onedge/internal';
import { httpError, invalid } from './errors.js';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './float16.js';

const DTYPES = {
  BOOL: 'bool', UINT8: 'uint8', UINT16: 'uint16', UINT32: 'uint32', UINT64: 'uint64', INT8: 'int8', INT16: 'int16', INT32: 'int32', INT64: 'int64',
  FP16: 'float16', BF16: 'bfloat16', FP32: 'float32', FP64: 'float64', BYTES: 'string',
};
const DATATYPES = Object.fromEntries(Object.entries(DTYPES).map(([datatype, dtype]) => [dtype, datatype]));

/** The protocol's name of an ONNX type; one that it has not keeps ONNX's. */
export const datatypeOf = (dtype) => DATATYPES[dtype] ?? dtype.toUpperCase();

/** {json, binary}: the two parts of a body. `length`: what Inference-Header-Content-Length says, or null */
export function splitBody(bytes, length) {
  if (length === null) return { json: bytes, binary: bytes.subarray(bytes.length) };
  if (!/^\d+$/.test(length) || Number(length) > bytes.length) {
    throw httpError(400, `inference-header-content-length: expected at most the ${bytes.length} bytes of the body, got '${length}'`);
  }
  return { json: bytes.subarray(0, Number(length)), binary: bytes.subarray(Number(length)) };
}

/** @param {object} request the JSON part @param {Uint8Array} binary what follows it @returns {Record<string, Tensor>} */
export function tensorsOf(request, binary) {
  if (!Array.isArray(request.inputs)) throw invalid('inputs: expected an array of tensors');
  const tensors = {};
  let offset = 0;
  for (const input of request.inputs) {
    const { name, shape, datatype, parameters, data } = input ?? {};
    if (typeof name !== 'string') throw invalid('inputs: expected a name for each tensor');
    if (Object.hasOwn(tensors, name)) throw invalid(`input '${name}' comes twice`);
    const dtype = Object.hasOwn(DTYPES, datatype) && DTYPES[datatype];
    if (!dtype) throw invalid(`input '${name}': datatype: expected one of ${Object.keys(DTYPES).join(', ')}, got ${JSON.stringify(datatype)}`);
    if (!Array.isArray(shape) || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) throw invalid(`input '${name}': shape: expected an array of sizes`);
    const size = parameters?.binary_data_size;
    const count = shape.reduce((product, dim) => product * dim, 1);
    if (size !== undefined) {
      if (data !== undefined) throw invalid(`input '${name}' has data and binary_data_size: expected one of them`);
      if (!Number.isSafeInteger(size) || size < 0 || offset + size > binary.length) {
        throw invalid(`input '${name}': binary_data_size: ${binary.length - offset} bytes are left, got ${JSON.stringify(size)}`);
      }
      tensors[name] = new Tensor(dtype, binaryValues(name, dtype, binary.subarray(offset, offset + size), count), shape);
      offset += size;
    } else {
      tensors[name] = new Tensor(dtype, jsonValues(name, dtype, data, count), shape);
    }
  }
  if (offset !== binary.length) throw invalid(`the inputs take ${offset} bytes of binary data, the body has ${binary.length}`);
  return tensors;
}

/** The names of the outputs that are wanted, and which of them as binary data. */
export function wantedOutputs(request, available) {
  const all = request.parameters?.binary_data_output === true;
  const asked = request.outputs?.length ? request.outputs : available.map((name) => ({ name }));
  if (!Array.isArray(asked)) throw invalid('outputs: expected an array');
  return asked.map((output) => {
    const { name, parameters = {} } = output ?? {};
    if (!available.includes(name)) throw invalid(`outputs: there is no output ${JSON.stringify(name)}; there are ${available.join(', ')}`);
    if (parameters.classification) throw invalid(`output '${name}': the classification extension is not supported; ask /predict`);
    return { name, binary: parameters.binary_data ?? all };
  });
}

/** @param {object} head model_name, model_version, id @returns {Response} */
export function responseOf(head, wanted, tensors) {
  const blobs = [];
  const outputs = wanted.map(({ name, binary }) => {
    const { dtype, dims, data } = tensors[name];
    const output = { name, shape: dims, datatype: datatypeOf(dtype) };
    if (!binary) return { ...output, data: toJson(dtype, data) };
    const bytes = toBytes(data);
    blobs.push(bytes);
    return { ...output, parameters: { binary_data_size: bytes.length } };
  });
  const json = new TextEncoder().encode(JSON.stringify({ ...head, outputs }));
  if (blobs.length === 0) return new Response(json, { headers: { 'content-type': 'application/json' } });
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(json.length) };
  return new Response(joined([json, ...blobs]), { headers });
}

function requireCount(name, dtype, got, expected) {
  if (got !== expected) throw invalid(`input '${name}': its shape has ${expected} elements of ${datatypeOf(dtype)}, its data ${got}`);
}

function jsonValues(name, dtype, data, count) {
  if (!Array.isArray(data)) throw invalid(`input '${name}': expected data, or binary_data_size`);
  const flat = Array.isArray(data[0]) ? data.flat(Infinity) : data;
  requireCount(name, dtype, flat.length, count);
  const wrong = (expected) => invalid(`input '${name}': expected ${expected} for ${datatypeOf(dtype)}`);
  if (dtype === 'string') {
    if (!flat.every((value) => typeof value === 'string')) throw wrong('strings');
    return flat;
  }
  if (dtype === 'bool') {
    if (!flat.every((value) => value === true || value === false || value === 0 || value === 1)) throw wrong('true or false');
    return Uint8Array.from(flat, Number);
  }
  if (!flat.every((value) => typeof value === 'number' || typeof value === 'bigint')) throw wrong('numbers');
  if (dtype === 'float16') return Uint16Array.from(flat, (value) => toFloat16(Number(value)));
  if (dtype === 'bfloat16') return Uint16Array.from(flat, (value) => toBfloat16(Number(value)));
  const ArrayType = arrayTypeOf(dtype);
  if (dtype.startsWith('float')) return ArrayType.from(flat, Number);
  if (!flat.every((value) => typeof value === 'bigint' || Number.isInteger(value))) throw wrong('integers');
  const values = dtype.endsWith('64') ? ArrayType.from(flat, BigInt) : ArrayType.from(flat, Number);
  // A typed array wraps what it cannot hold.
  if (!values.every((value, i) => value == flat[i])) throw wrong('integers in its range');
  return values;
}

function binaryValues(name, dtype, bytes, count) {
  if (dtype === 'string') {
    const values = [];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let offset = 0; offset < bytes.length; ) {
      const end = offset + 4 <= bytes.length ? offset + 4 + view.getUint32(offset, true) : Infinity;
      if (end > bytes.length) throw invalid(`input '${name}': element ${values.length} of BYTES is longer than its data`);
      values.push(textOf(name, bytes.subarray(offset + 4, end)));
      offset = end;
    }
    requireCount(name, dtype, values.length, count);
    return values;
  }
  const ArrayType = arrayTypeOf(dtype);
  requireCount(name, dtype, bytes.length / ArrayType.BYTES_PER_ELEMENT, count);
  if (dtype === 'bool' && !bytes.every((byte) => byte <= 1)) throw invalid(`input '${name}': expected bytes 0 or 1 for BOOL`);
  return new ArrayType(bytes.slice().buffer); // a copy: the bytes need not be aligned
}

function textOf(name, bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid(`input '${name}': BYTES that are no UTF-8 cannot be strings of an ONNX model`);
  }
}

function toJson(dtype, data) {
  if (dtype === 'bool') return Array.from(data, Boolean);
  if (dtype === 'float16') return Array.from(data, fromFloat16);
  if (dtype === 'bfloat16') return Array.from(data, fromBfloat16);
  if (dtype.endsWith('int64')) return Array.from(data, exactNumber);
  return Array.from(data);
}

// Digits that a double does not hold stay in the JSON.
function exactNumber(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) || !JSON.rawJSON ? number : JSON.rawJSON(String(value));
}

function toBytes(data) {
  if (!Array.isArray(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const texts = data.map((text) => new TextEncoder().encode(text));
  return joined(texts.flatMap((bytes) => [new Uint8Array(Uint32Array.of(bytes.length).buffer), bytes]));
}

function joined(parts) {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
