// The binary format of WebAssembly modules, as far as `onedge trim` needs it: sections, and the instructions of a
// function body. https://webassembly.github.io/spec/core/binary/

export const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, dataCount: 12 };

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = new TextDecoder();

/** Reads numbers, names and vectors from `bytes`, from `at` on. */
export class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  get done() {
    return this.at >= this.bytes.length;
  }
  byte() {
    return this.bytes[this.at++];
  }
  /** An unsigned LEB128 number of at most 53 bits. */
  u() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  /** A signed LEB128 number of at most 53 bits. */
  s() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return byte & 64 ? value - scale * 128 : value;
    }
  }
  skipLeb() {
    while (this.bytes[this.at++] > 127);
  }
  take(size) {
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
  name() {
    return text.decode(this.take(this.u()));
  }
  vector(item) {
    return Array.from({ length: this.u() }, (_, index) => item(this, index));
  }
}

/** Collects bytes. */
export class Writer {
  #bytes = new Uint8Array(1024);
  #size = 0;
  get size() {
    return this.#size;
  }
  #room(count) {
    if (this.#size + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + count));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
  byte(value) {
    this.#room(1);
    this.#bytes[this.#size++] = value;
    return this;
  }
  raw(bytes) {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
    return this;
  }
  u(value) {
    for (; value > 127; value = Math.floor(value / 128)) this.byte((value % 128) | 128);
    return this.byte(value);
  }
  s32(value) {
    for (;;) {
      const byte = value & 127;
      value >>= 7;
      if ((value === 0 && byte < 64) || (value === -1 && byte >= 64)) return this.byte(byte);
      this.byte(byte | 128);
    }
  }
  bytes() {
    return this.#bytes.slice(0, this.#size);
  }
}

/** @returns {{id: number, name: string, bytes: Uint8Array, offset: number}[]} `offset` of `bytes` in the module */
export function readSections(module) {
  if (!HEADER.every((byte, i) => module[i] === byte)) throw new Error('expected a WebAssembly module, got other bytes');
  const reader = new Reader(module, HEADER.length);
  const sections = [];
  while (!reader.done) {
    const id = reader.byte();
    const size = reader.u();
    const end = reader.at + size;
    const name = id === SECTION.custom ? reader.name() : '';
    sections.push({ id, name, bytes: module.subarray(reader.at, end), offset: reader.at });
    reader.at = end;
  }
  return sections;
}

/** Custom sections are left out. @param {{id: number, bytes: Uint8Array}[]} sections @returns {Uint8Array} a module */
export function writeSections(sections) {
  const out = new Writer().raw(HEADER);
  for (const { id, bytes } of sections) if (id !== SECTION.custom) out.byte(id).u(bytes.length).raw(bytes);
  return out.bytes();
}

/** The functions of the code section: where each body (without its size) begins and ends in `bytes`. */
export function readBodies({ bytes }) {
  const reader = new Reader(bytes);
  return reader.vector(() => {
    const size = reader.u();
    reader.take(size);
    return { begin: reader.at - size, end: reader.at };
  });
}

/** The number of imported functions. */
export function importedFunctions(section) {
  if (!section) return 0;
  const reader = new Reader(section.bytes);
  let count = 0;
  reader.vector(() => {
    reader.name();
    reader.name();
    const kind = reader.byte();
    if (kind === 0) {
      count += 1;
      reader.u();
    } else if (kind === 1) {
      reader.byte();
      skipLimits(reader);
    } else if (kind === 2) {
      skipLimits(reader);
    } else {
      reader.take(2);
    }
  });
  return count;
}

function skipLimits(reader) {
  const flags = reader.byte();
  reader.u();
  if (flags & 1) reader.u();
}

/** @returns {{name: string, kind: number, index: number}[]} */
export const readExports = ({ bytes }) => new Reader(bytes).vector((reader) => ({ name: reader.name(), kind: reader.byte(), index: reader.u() }));

/** The value of `i32.const N end`. */
function constantOffset(reader) {
  if (reader.byte() !== 0x41) throw new Error('expected i32.const as the offset of a segment');
  const value = reader.s();
  if (reader.byte() !== 0x0b) throw new Error('expected the end of an offset');
  return value >>> 0;
}

/** Active segments of function indices. @returns {{offset: number, functions: number[]}[]} */
export const readElements = ({ bytes }) =>
  new Reader(bytes).vector((reader) => {
    if (reader.u() !== 0) throw new Error('expected active segments of function indices');
    return { offset: constantOffset(reader), functions: reader.vector(() => reader.u()) };
  });

export function writeElements(segments) {
  const out = new Writer().u(segments.length);
  for (const { offset, functions } of segments) {
    out.u(0).byte(0x41).s32(offset).byte(0x0b).u(functions.length);
    for (const index of functions) out.u(index);
  }
  return out.bytes();
}

/**
 * The segments of the data section. In a module with shared memory they are passive: code copies them to their places,
 * so the offset is found there. That of a segment with thread-local variables has no fixed place: NaN.
 * @returns {{passive: boolean, offset: number, bytes: Uint8Array}[]} `offset` is an address
 */
export function readData({ bytes }, code) {
  const segments = new Reader(bytes).vector((reader) => {
    const passive = reader.u() === 1;
    return { passive, offset: passive ? NaN : constantOffset(reader), bytes: reader.take(reader.u()) };
  });
  if (!segments.some(({ passive }) => passive)) return segments;
  for (const body of readBodies(code)) {
    let constants = []; // one directly after the other
    let end = 0; // of the last one
    walkBody(code.bytes, body, {
      onConstant(begin, after, value) {
        constants = begin === end ? [...constants.slice(-2), value] : [value];
        end = after;
      },
      onMemoryInit(begin, segment) {
        const [address, skipped, size] = constants; // memory.init takes these, in this order
        if (begin === end && constants.length === 3 && skipped === 0 && size === segments[segment].bytes.length) segments[segment].offset = address >>> 0;
      },
    });
  }
  return segments;
}

export function writeData(segments) {
  const out = new Writer().u(segments.length);
  for (const { passive, offset, bytes } of segments) {
    if (passive) out.u(1);
    else out.u(0).byte(0x41).s32(offset | 0).byte(0x0b);
    out.u(bytes.length).raw(bytes);
  }
  return out.bytes();
}

/**
 * Visits the instructions of a body. onFunction(begin, end, index): for every function index (call, return_call,
 * ref.func), where its number lies, and the index. onConstant(begin, end, value): i32.const.
 * onMemoryInit(begin, segment): memory.init.
 */
export function walkBody(bytes, { begin, end }, { onFunction, onConstant, onMemoryInit }) {
  const reader = new Reader(bytes, begin);
  reader.vector(() => {
    reader.skipLeb();
    reader.byte();
  });
  const memory = () => {
    if (reader.u() & 64) reader.skipLeb();
    reader.skipLeb();
  };
  while (reader.at < end) {
    const instruction = reader.at;
    const code = bytes[reader.at++];
    if (code === 0x10 || code === 0x12 || code === 0xd2) {
      const at = reader.at;
      const index = reader.u();
      onFunction?.(at, reader.at, index);
    } else if (code >= 0x28 && code <= 0x3e) memory();
    else if (code >= 0x45 && code <= 0xc4) continue;
    else if (code === 0x41 && onConstant) {
      const value = reader.s();
      onConstant(instruction, reader.at, value);
    } else if ((code >= 0x20 && code <= 0x26) || code === 0x41 || code === 0x42 || code === 0x0c || code === 0x0d || (code >= 0x02 && code <= 0x04)) reader.skipLeb();
    else if (code === 0x43) reader.at += 4;
    else if (code === 0x44) reader.at += 8;
    else if (code === 0x0e) {
      for (let count = reader.u(); count >= 0; count--) reader.skipLeb();
    } else if (code === 0x11 || code === 0x13) {
      reader.skipLeb();
      reader.skipLeb();
    } else if (code === 0x1c) reader.vector(() => reader.skipLeb());
    else if (code === 0x3f || code === 0x40 || code === 0xd0) reader.skipLeb();
    else if (code === 0xfc) {
      const sub = reader.u();
      const operands = sub < 8 ? 0 : [2, 1, 2, 1, 2, 1, 2, 1, 1, 1][sub - 8];
      if (operands === undefined) throw unknown(code, sub);
      if (sub === 8) onMemoryInit?.(instruction, new Reader(bytes, reader.at).u());
      for (let i = 0; i < operands; i++) reader.skipLeb();
    } else if (code === 0xfd) {
      const sub = reader.u();
      if (sub <= 11 || sub === 92 || sub === 93) memory();
      else if (sub === 12 || sub === 13) reader.at += 16;
      else if (sub >= 21 && sub <= 34) reader.at += 1;
      else if (sub >= 84 && sub <= 91) {
        memory();
        reader.at += 1;
      } else if (sub > 0x113) throw unknown(code, sub);
    } else if (code === 0xfe) {
      if (reader.u() === 3) reader.at += 1;
      else memory();
    } else if (!(code <= 0x01 || code === 0x05 || code === 0x0b || code === 0x0f || code === 0x1a || code === 0x1b || code === 0xd1)) {
      throw unknown(code);
    }
  }
  if (reader.at !== end) throw new Error('a function body ends inside an instruction');
}

const unknown = (...codes) => new Error(`unknown instruction ${codes.map((code) => `0x${code.toString(16)}`).join(' ')}`);
