// Tensors between the benchmark and its engines: {name, dtype, dims, data}, float16 as bits.
import { readFileSync, writeFileSync } from 'node:fs';

export const ARRAYS = {
  float32: Float32Array, float64: Float64Array, float16: Uint16Array, int8: Int8Array, uint8: Uint8Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array,
};
export const sizeOf = (dims) => dims.reduce((product, dim) => product * dim, 1);
const dimsOf = (text) => (text ? text.split('x').map(Number) : []);

/**
 * @param {string} spec an input: NAME=DIMxDIM:FILL, where a fill with a point makes float32, otherwise int64; or
 * NAME=DTYPE:DIMxDIM@FILE, the bytes of the elements. session_bench reads the same.
 */
export function parseSpec(spec) {
  const [, name, before, rest] = spec.match(/^([^=]*)=([^:]*):(.*)$/);
  const at = rest.indexOf('@');
  if (at >= 0) {
    const bytes = new Uint8Array(readFileSync(rest.slice(at + 1))); // a copy: aligned
    return { name, dtype: before, dims: dimsOf(rest.slice(0, at)), data: new ARRAYS[before](bytes.buffer) };
  }
  const dims = dimsOf(before);
  return rest.includes('.') ? { name, dtype: 'float32', dims, data: new Float32Array(sizeOf(dims)).fill(Number(rest)) }
    : { name, dtype: 'int64', dims, data: new BigInt64Array(sizeOf(dims)).fill(BigInt(rest)) };
}

/** Writes the elements to `path` and returns the spec of the input. */
export function writeInput({ name, dtype, dims, data }, path) {
  writeFileSync(path, data);
  return `${name}=${dtype}:${dims.join('x')}@${path}`;
}

const bytesOf = (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The outputs of a run: for each a line "DTYPE DIMxDIM" and the bytes of its elements. */
export function saveOutputs(tensors, path) {
  writeFileSync(path, Buffer.concat(tensors.flatMap(({ dtype, dims, data }) => [Buffer.from(`${dtype} ${dims.join('x')}\n`), bytesOf(data)])));
}

export function readOutputs(path) {
  const bytes = readFileSync(path);
  const tensors = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const [dtype, dims] = bytes.toString('latin1', at, end).split(' ');
    const ArrayType = ARRAYS[dtype];
    if (!ArrayType) throw new Error(`an output is ${dtype}, which the benchmark does not compare`);
    at = end + 1 + sizeOf(dimsOf(dims)) * ArrayType.BYTES_PER_ELEMENT;
    tensors.push({ dtype, dims: dimsOf(dims), data: new ArrayType(new Uint8Array(bytes.subarray(end + 1, at)).buffer) });
  }
  return tensors;
}

/** The bits of the float16 next to `value`, ties to even. */
export function halfBits(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (!(size < 65520)) return sign | (Number.isNaN(value) ? 0x7e00 : 0x7c00);
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -25)));
  const steps = size / 2 ** (exponent - 10);
  const low = Math.floor(steps);
  const up = steps - low > 0.5 || (steps - low === 0.5 && low % 2 === 1);
  // A carry out of the fraction goes into the exponent; a subnormal has exponent 0 and fewer than 1024 steps.
  return sign | (((exponent + 14) << 10) + low + (up ? 1 : 0));
}

export function halfValue(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 31 ? (fraction ? NaN : Infinity) : exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction;
  return bits & 0x8000 ? -size : size;
}

// A float may differ by this share of the largest element. The sums of f32 have up to thousands of terms in any order;
// float16 has 11 bits, and onnxruntime computes it in f32. An 8-bit number may differ by 1: another way to round.
const SHARES = { float32: 1e-4, float64: 1e-9, float16: 4e-3 };
const STEPS = { int8: 1, uint8: 1 };

/** Why the outputs differ from the peer's, or null. */
export function difference(ours, theirs) {
  if (ours.length !== theirs.length) return `${ours.length} outputs, the peer has ${theirs.length}`;
  for (const [i, { dtype, dims, data }] of theirs.entries()) {
    const mine = ours[i];
    if (mine.dtype !== dtype || mine.dims.join() !== dims.join()) return `output ${i}: ${mine.dtype} [${mine.dims}], the peer has ${dtype} [${dims}]`;
    const valueOf = dtype === 'float16' ? halfValue : Number;
    let largest = 0;
    for (const one of data) largest = Math.max(largest, Number.isFinite(valueOf(one)) ? Math.abs(valueOf(one)) : 0);
    const tolerance = dtype in SHARES ? SHARES[dtype] * largest : STEPS[dtype] ?? 0;
    for (let k = 0; k < data.length; ++k) {
      const [a, b] = [valueOf(mine.data[k]), valueOf(data[k])];
      if (!Object.is(a, b) && !(Math.abs(a - b) <= tolerance)) return `output ${i}, element ${k}: ${a}, the peer has ${b} (tolerance ${tolerance.toPrecision(2)})`;
    }
  }
  return null;
}
