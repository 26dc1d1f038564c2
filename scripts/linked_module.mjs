// Reads a module as the linker wrote it with --emit-relocs: which function or constant refers to which.
// https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md
import {
  Reader, SECTION, importedFunctions, readBodies, readData, readElements, readExports, readSections, walkBody,
} from '../bin/trim/wasm_binary.js';

const FUNCTION_RELOCATIONS = new Set([0, 1, 2, 12, 26]); // R_WASM_FUNCTION_INDEX_*, R_WASM_TABLE_INDEX_*
const ADDRESS_RELOCATIONS = new Set([3, 4, 5, 11, 21]); // R_WASM_MEMORY_ADDR_*
const WITH_ADDEND = new Set([3, 4, 5, 8, 9, 11, 21]);
const OTHER_RELOCATIONS = new Set([6, 7, 10, 13, 20]); // types, globals, tags, tables
const SYMBOL = { function: 0, data: 1, global: 2, section: 3, tag: 4, table: 5 };

/**
 * A graph of functions and constants. Node i < bodies.length is a function, the others are the ranges.
 * @param {Uint8Array} module
 */
export function readLinked(module) {
  const sections = readSections(module);
  const section = (id) => sections.find((one) => one.id === id);
  const custom = (name) => sections.find((one) => one.name === name);
  const imported = importedFunctions(section(SECTION.import));
  const code = section(SECTION.code);
  const bodies = readBodies(code);
  const segments = readData(section(SECTION.data), code);
  // Thread-local variables have no fixed place: beyond all addresses, so that they have one at all.
  segments.forEach((segment, i) => Number.isNaN(segment.offset) && Object.assign(segment, { offset: 2 ** 33 * (i + 1) }));
  const symbols = readSymbols(custom('linking'), segments);
  const ranges = rangesOf(symbols);
  const nodeAt = (address) => {
    const found = findRange(ranges, address);
    return found < 0 ? -1 : bodies.length + found;
  };

  const edges = Array.from({ length: bodies.length + ranges.length }, () => new Set());
  const targetOf = ({ type, index }) => {
    const symbol = symbols[index];
    if (FUNCTION_RELOCATIONS.has(type)) return symbol.index - imported;
    if (ADDRESS_RELOCATIONS.has(type)) return symbol.address === undefined ? -1 : nodeAt(symbol.address);
    if (OTHER_RELOCATIONS.has(type)) return -1;
    throw new Error(`unknown relocation type ${type}`);
  };
  bodies.forEach((body, i) => walkBody(code.bytes, body, { onFunction: (begin, end, index) => index >= imported && edges[i].add(index - imported) }));
  let i = 0;
  for (const relocation of readRelocations(custom('reloc.CODE')).sort((a, b) => a.offset - b.offset)) {
    while (bodies[i].end <= relocation.offset) i += 1;
    const target = targetOf(relocation);
    if (target >= 0) edges[i].add(target);
  }
  const pointers = new Map(); // address -> node
  const data = section(SECTION.data);
  for (const relocation of readRelocations(custom('reloc.DATA'))) {
    const address = addressOf(relocation.offset, segments, data);
    const owner = nodeAt(address);
    if (owner < 0) throw new Error(`a pointer at ${address} belongs to no symbol`);
    const target = targetOf(relocation);
    pointers.set(address, target);
    if (target >= 0) edges[owner].add(target);
  }

  const roots = readExports(section(SECTION.export)).filter(({ kind, index }) => kind === 0 && index >= imported).map(({ index }) => index - imported);
  const start = section(SECTION.start);
  if (start) roots.push(new Reader(start.bytes).u() - imported);
  const slots = readElements(section(SECTION.element)).flatMap(({ functions }) => functions.map((index) => index - imported));
  return { bodies, segments, symbols, ranges, edges, pointers, roots, slots, nodeAt, imported, names: readNames(custom('name'), imported) };
}

function readSymbols({ bytes }, segments) {
  const reader = new Reader(bytes);
  if (reader.u() !== 2) throw new Error("expected version 2 of the 'linking' section");
  const symbols = [];
  while (!reader.done) {
    const type = reader.byte();
    const end = reader.u() + reader.at;
    if (type === 8) symbols.push(...reader.vector(() => readSymbol(reader, segments)));
    reader.at = end;
  }
  return symbols;
}

function readSymbol(reader, segments) {
  const kind = reader.byte();
  const flags = reader.u();
  const defined = !(flags & 0x10);
  if (kind === SYMBOL.data) {
    const name = reader.name();
    if (!defined) return { kind, name };
    const segment = reader.u();
    return { kind, name, address: segments[segment].offset + reader.u(), size: reader.u() };
  }
  const index = reader.u();
  if (kind === SYMBOL.section) return { kind, index };
  return { kind, index, name: defined || flags & 0x40 ? reader.name() : '' };
}

// Symbols that overlap (the end of a string is another string) are one range.
function rangesOf(symbols) {
  const ranges = [];
  const data = symbols.filter(({ kind, size }) => kind === SYMBOL.data && size > 0);
  for (const { address, size, name } of data.sort((a, b) => a.address - b.address)) {
    const last = ranges.at(-1);
    if (last && address < last.end) last.end = Math.max(last.end, address + size);
    else ranges.push({ begin: address, end: address + size, name });
  }
  return ranges;
}

function findRange(ranges, address) {
  let low = 0;
  for (let high = ranges.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (ranges[middle].begin <= address) low = middle + 1;
    else high = middle;
  }
  return low > 0 && address <= ranges[low - 1].end ? low - 1 : -1;
}

function readRelocations({ bytes }) {
  const reader = new Reader(bytes);
  reader.u(); // the section
  return reader.vector(() => {
    const relocation = { type: reader.byte(), offset: reader.u(), index: reader.u() };
    if (WITH_ADDEND.has(relocation.type)) reader.s();
    return relocation;
  });
}

function addressOf(offset, segments, data) {
  for (const { bytes, offset: address } of segments) {
    const begin = bytes.byteOffset - data.bytes.byteOffset;
    if (offset >= begin && offset < begin + bytes.length) return address + offset - begin;
  }
  throw new Error('a relocation lies outside of the data');
}

function readNames({ bytes }, imported) {
  const names = new Map();
  const reader = new Reader(bytes);
  while (!reader.done) {
    const type = reader.byte();
    const end = reader.u() + reader.at;
    if (type === 1) reader.vector(() => names.set(reader.u() - imported, reader.name()));
    reader.at = end;
  }
  return names;
}

/** The nodes that can be reached from `roots`, as a Uint8Array of 0 and 1. */
export function reach(edges, roots) {
  const seen = new Uint8Array(edges.length);
  const left = [...roots];
  while (left.length > 0) {
    const node = left.pop();
    if (seen[node]) continue;
    seen[node] = 1;
    left.push(...edges[node]);
  }
  return seen;
}
