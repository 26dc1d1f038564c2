// Removes from a WebAssembly module of onedge the parts that some models do not use: operators, kernels, tasks,
// tokenizer stages, with everything that only they reach. The map that the build writes beside each module
// (scripts/finish_module.mjs) says what reaches what: the module itself no longer does, because the address of a
// function is a number in it.
import {
  Reader, SECTION, Writer, importedFunctions, readBodies, readData, readElements, readExports, readSections, walkBody,
  writeData, writeElements, writeSections,
} from './wasm_binary.js';

/**
 * @typedef {object} TrimMap what a module's optional parts keep alive
 * @property {[kind: string, name: string, cell: number, row: number, stub: number][]} gates the optional parts; `cell`
 * is the address of the pointer to the part's function, `row` its row in the table, `stub` the slot of the function
 * that reports that this part is missing (0: see replacements)
 * @property {Record<string, number>} replacements for a kind, the slot of the function that reports a missing part
 * @property {number[][]} sets sets of gates
 * @property {number[]} slots for each slot of the function table, from 1 on, its set of gates; -1: always needed
 * @property {[address: number, size: number, set: number][]} data memory that only these gates need
 */

const STUB = Uint8Array.of(0, 0, 0x0b); // no locals; unreachable; end
const LONGEST_ZEROS = 12; // a segment of its own costs up to 12 bytes

export class Trimmer {
  #map;
  #sections;
  #bodies;
  #calls = []; // of each body: where function indices lie in the code section, and which
  #exported;
  #elements;
  #imported;

  /** @param {Uint8Array} module @param {TrimMap} map */
  constructor(module, map) {
    this.#map = map;
    this.#sections = readSections(module);
    const code = this.#section(SECTION.code);
    this.#bodies = readBodies(code);
    for (const body of this.#bodies) {
      const found = [];
      walkBody(code.bytes, body, { onFunction: (begin, end, index) => found.push({ begin, end, index }) });
      this.#calls.push(found);
    }
    this.#imported = importedFunctions(this.#section(SECTION.import));
    this.#exported = readExports(this.#section(SECTION.export));
    this.#elements = readElements(this.#section(SECTION.element));
  }

  #section(id) {
    return this.#sections.find((one) => one.id === id);
  }

  /**
   * @param {(kind: string, name: string, row: number) => boolean} isNeeded `row`: in the table of its kind
   * @returns {Uint8Array} a module with the same imports and exports
   */
  trim(isNeeded) {
    const map = this.#map;
    const imported = this.#imported;
    const on = map.gates.map(([kind, name, , row]) => isNeeded(kind, name, row));
    const alive = map.sets.map((gates) => gates.some((gate) => on[gate]));
    const isAlive = (set) => set < 0 || alive[set];
    const slotIsAlive = (slot) => isAlive(map.slots[slot - 1]);

    const roots = this.#exported.filter(({ kind }) => kind === 0).map(({ index }) => index);
    const start = this.#section(SECTION.start);
    if (start) roots.push(new Reader(start.bytes).u());
    for (const { offset, functions } of this.#elements) roots.push(...functions.filter((_, i) => slotIsAlive(offset + i)));
    const kept = reachable(roots, imported, this.#calls);

    // A removed function of the table, or a pointer to one, becomes this one. It is never called.
    const deadSlot = map.slots.findIndex((set) => !isAlive(set)) + 1;
    const stub = kept.indexOf(false);
    const left = this.#bodies.map((_, i) => i).filter((i) => kept[i] || i === stub);
    const callsOf = (i) => (i === stub ? [] : this.#calls[i]);
    // Functions that are called often get small numbers, which are shorter.
    const callers = new Array(this.#bodies.length).fill(0);
    for (const i of left) for (const { index } of callsOf(i)) if (index >= imported) callers[index - imported] += 1;
    left.sort((a, b) => callers[b] - callers[a] || a - b);
    const numbers = new Map(left.map((i, place) => [imported + i, imported + place]));
    const renumber = (index) => (index < imported ? index : numbers.get(index));

    const data = trimData(readData(this.#section(SECTION.data), this.#section(SECTION.code)), map, on, isAlive, deadSlot);
    const write = {
      [SECTION.function]: (bytes) => writeTypes(bytes, left),
      [SECTION.export]: () => writeExports(this.#exported, renumber),
      [SECTION.start]: (bytes) => new Writer().u(renumber(new Reader(bytes).u())).bytes(),
      [SECTION.element]: () => writeElements(this.#elements.map(({ offset, functions }) => ({
        offset,
        functions: functions.map((index, i) => renumber(slotIsAlive(offset + i) ? index : imported + stub)),
      }))),
      [SECTION.code]: (bytes) => writeBodies(left.map((i) => (i === stub ? STUB : bodyWith(bytes, this.#bodies[i], callsOf(i), renumber)))),
      [SECTION.data]: () => writeData(data),
      [SECTION.dataCount]: () => new Writer().u(data.length).bytes(),
    };
    return writeSections(this.#sections.map(({ id, bytes }) => ({ id, bytes: write[id]?.(bytes) ?? bytes })));
  }
}

function reachable(roots, imported, calls) {
  const kept = new Array(calls.length).fill(false);
  const left = [...roots];
  while (left.length > 0) {
    const i = left.pop() - imported;
    if (i < 0 || kept[i]) continue;
    kept[i] = true;
    for (const { index } of calls[i]) left.push(index);
  }
  return kept;
}

function writeTypes(bytes, left) {
  const types = new Reader(bytes).vector((reader) => reader.u());
  const out = new Writer().u(left.length);
  for (const i of left) out.u(types[i]);
  return out.bytes();
}

function writeExports(exported, renumber) {
  const out = new Writer().u(exported.length);
  for (const { name, kind, index } of exported) {
    const bytes = new TextEncoder().encode(name);
    out.u(bytes.length).raw(bytes).byte(kind).u(kind === 0 ? renumber(index) : index);
  }
  return out.bytes();
}

function bodyWith(bytes, { begin, end }, calls, renumber) {
  const out = new Writer();
  let at = begin;
  for (const call of calls) {
    out.raw(bytes.subarray(at, call.begin)).u(renumber(call.index));
    at = call.end;
  }
  return out.raw(bytes.subarray(at, end)).bytes();
}

function writeBodies(bodies) {
  const out = new Writer().u(bodies.length);
  for (const body of bodies) out.u(body.length).raw(body);
  return out.bytes();
}

// The segments, with the pointers of missing parts replaced, without memory that only missing parts need.
function trimData(segments, map, on, isAlive, deadSlot) {
  // Code names passive segments by their numbers. A module has either kind.
  const passive = segments.some((segment) => segment.passive);
  if (passive && !segments.every((segment) => segment.passive)) throw new Error('expected active or passive segments, got both');
  const left = passive ? segments.map((segment) => ({ ...segment, bytes: new Uint8Array(segment.bytes) })) : [imageOf(segments)];
  const write = (address, bytes) =>
    bytes.every((byte, i) => {
      const segment = left.find(({ offset, bytes: memory }) => address + i >= offset && address + i < offset + memory.length);
      if (segment) segment.bytes[address + i - segment.offset] = byte;
      return segment || byte === 0; // memory is zero at first
    });
  for (const [address, size, set] of map.data) if (!isAlive(set)) write(address, new Uint8Array(size));
  map.gates.forEach(([kind, , cell, , stub], gate) => {
    if (on[gate]) return;
    const slot = stub || (map.replacements[kind] ?? deadSlot);
    if (!write(cell, [slot & 255, (slot >> 8) & 255, (slot >> 16) & 255, 0])) throw new Error(`no constant at the address ${cell}`);
  });
  return left.flatMap((segment) => (segment.passive ? [segment] : withoutZeros(segment)));
}

// The active segments as one: the optimizer cuts them at zeros, also inside a pointer.
function imageOf(segments) {
  const begin = Math.min(...segments.map(({ offset }) => offset));
  const image = new Uint8Array(Math.max(...segments.map(({ offset, bytes }) => offset + bytes.length)) - begin);
  for (const { offset, bytes } of segments) image.set(bytes, offset - begin);
  return { passive: false, offset: begin, bytes: image };
}

// Memory is zero at first, so a segment can be cut at zeros.
function withoutZeros({ offset, bytes }) {
  const parts = [];
  let begin = 0; // of the current part
  let end = 0; // after its last byte that is not zero
  for (let i = 0; i <= bytes.length; i++) {
    if (i < bytes.length && bytes[i] === 0) continue;
    if (i === bytes.length || i - end > LONGEST_ZEROS) {
      if (end > begin) parts.push({ passive: false, offset: offset + begin, bytes: bytes.subarray(begin, end) });
      begin = i;
    }
    end = i + 1;
  }
  return parts;
}
