// usage: node scripts/finish_module.mjs MODULE.wasm FOLDER
// Run by the build after the link (cmake/wasm_module.cmake). The link kept the relocations, and FOLDER holds the
// linker's own output. Writes MODULE.trim.json, the map for `onedge trim` (bin/trim/trim_module.js), and removes the
// relocations from MODULE.wasm.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECTION, readData, readElements, readSections, writeSections } from '../bin/trim/wasm_binary.js';
import { reach, readLinked } from './linked_module.mjs';

// The tables of optional parts: rows with names (std::string_view) at these offsets and one pointer to a function. A
// row without a name holds the function that reports a missing part.
const stages = (kind, symbol) => ({ kind, symbol: `_ZN6onedge9tokenizer12_GLOBAL__N_1${symbol}E`, names: [0] });
const TABLES = [
  { kind: 'op', symbol: '_ZN6onedge3opsL4kOpsE', names: [0, 8] },
  { kind: 'kernel', symbol: '_ZN6onedge8backends3cpu12_GLOBAL__N_18kEntriesE', names: [0, 8] },
  { kind: 'pass', symbol: '_ZN6onedge9optimizer12_GLOBAL__N_17kPassesE', names: [0] },
  { kind: 'pass', symbol: '_ZN6onedge9optimizer12_GLOBAL__N_113kLayoutPassesE', names: [0] },
  { kind: 'task', symbol: '_ZN6onedge5tasksL6kTasksE', names: [0] },
  { kind: 'route', symbol: '_ZN6onedge8contract12_GLOBAL__N_17kRoutesE', names: [0] },
  stages('normalizer', '12kNormalizers'),
  stages('pre_tokenizer', '14kPreTokenizers'),
  stages('model', '7kModels'),
  stages('post_processor', '15kPostProcessors'),
  stages('decoder', '9kDecoders'),
];
// Tables of one part and what stands in for it (base/trimmed.h).
const PART = /^_ZN6onedge\w*\d+kPart[A-Z]\w*E$/;
// The vtable of an operator, Op::Run in it, and the pointer to what stands in for it.
const VTABLE = /^_ZTVN6onedge3ops/;
const RUN = /^_ZNK6onedge3ops\w+3RunERNS0_9OpContextE$/;
const RUN_MISSING = '_ZN6onedge3opsL11kRunMissingE';

const [path, folder] = process.argv.slice(2);
const base = readdirSync(folder).filter((name) => name.endsWith('-base.wasm')).sort().at(-1);
const linked = readLinked(readFileSync(join(folder, base)));
const module = writeSections(readSections(readFileSync(path)));
writeFileSync(path, module);
writeFileSync(path.replace(/\.wasm$/, '.trim.json'), JSON.stringify(mapOf(linked, module)));

function mapOf({ bodies, segments, symbols, ranges, edges, pointers, roots, slots, nodeAt, imported }, module) {
  const optimized = readSections(module);
  const slotCount = readElements(optimized.find(({ id }) => id === SECTION.element)).reduce((sum, { functions }) => sum + functions.length, 0);
  if (slotCount !== slots.length) throw new Error(`the optimizer changed the function table: ${slots.length} slots became ${slotCount}`);
  const memory = memoryOf(segments);
  const gates = [];
  const replacements = {};
  const named = (wanted) => symbols.find(({ name }) => name === wanted);
  const parts = symbols.filter(({ name, address }) => PART.test(name) && address !== undefined).map(({ name }) => ({ kind: 'part', symbol: name, names: [0], own: true }));
  for (const table of [...TABLES, ...parts]) {
    const symbol = named(table.symbol);
    if (!symbol) throw new Error(`the table ${table.symbol} is not in the module`);
    const inTable = ([address, target]) => address >= symbol.address && address < symbol.address + symbol.size && target >= 0 && target < bodies.length;
    const cells = [...pointers].filter(inTable).map(([address]) => address).sort((a, b) => a - b);
    const stride = symbol.size / cells.length;
    let missing; // the function that reports a missing part of this table
    cells.forEach((cell, i) => {
      if (cell !== cells[0] + i * stride) throw new Error(`${table.symbol}: expected one pointer to a function in each row`);
      const row = symbol.address + i * stride;
      const texts = table.names.map((at) => memory.text(row + at));
      const target = pointers.get(cell);
      const name = texts.length > 1 ? `${texts[0] || 'ai.onnx'}.${texts[1]}` : texts[0];
      if (texts.at(-1) === '') {
        missing = target;
        if (!table.own) replacements[table.kind] = slots.indexOf(target) + 1;
      } else {
        gates.push({ kind: table.kind, name, cell, target, row: i, stub: table.own ? slots.indexOf(missing) + 1 : 0 });
      }
    });
    // The rows keep nothing alive. What else is in the table, does; so do the functions that report a missing part.
    const node = nodeAt(symbol.address);
    edges[node].clear();
    for (const [address, target] of pointers) {
      if (address < ranges[node - bodies.length].begin || address >= ranges[node - bodies.length].end || target < 0) continue;
      if (!cells.includes(address) || missing === target) edges[node].add(target);
    }
  }
  gates.push(...portableKernels());

  // Op::Run in the vtables of operators; the name is those of the operators that use the vtable.
  function portableKernels() {
    const runs = new Set(symbols.filter(({ name, index }) => index !== undefined && RUN.test(name)).map(({ index }) => index - imported));
    const missing = pointers.get(named(RUN_MISSING).address);
    const stub = slots.indexOf(missing) + 1;
    const operators = gates.filter(({ kind }) => kind === 'op').map(({ name, target }) => ({ name: name.split('.').at(-1), reached: reach(edges, [target]) }));
    // Code that makes an operator itself may run it.
    const made = reach(edges, [...roots, ...gates.filter(({ kind }) => kind !== 'op').map(({ target }) => target)]);
    const found = [];
    for (const vtable of symbols.filter(({ name, address }) => VTABLE.test(name) && address !== undefined)) {
      const cells = [...pointers].filter(([address, target]) => address >= vtable.address && address < vtable.address + vtable.size && runs.has(target));
      const node = nodeAt(vtable.address);
      if (cells.length !== 1 || made[node]) continue;
      const [[cell, target]] = cells;
      const names = operators.filter(({ reached }) => reached[node]).map(({ name }) => name);
      if (names.length > 0) found.push({ kind: 'run', name: [...new Set(names)].join(' '), cell, target, row: 0, stub, node });
    }
    for (const { node, target } of found) {
      edges[node].delete(target);
      edges[node].add(missing);
    }
    return found;
  }
  const always = reach(edges, roots);
  const reached = gates.map(({ target }) => reach(edges, [target]));
  const sets = [];
  const numbers = new Map(); // set as text -> its index
  const setOf = (node) => {
    if (always[node]) return -1;
    const set = gates.map((_, gate) => gate).filter((gate) => reached[gate][node]);
    const key = set.join();
    if (!numbers.has(key)) numbers.set(key, sets.push(set) - 1);
    return numbers.get(key);
  };
  return {
    sha256: createHash('sha256').update(module).digest('hex'),
    gates: gates.map(({ kind, name, cell, row, stub }) => [kind, name, cell, row, stub]),
    replacements,
    slots: slots.map(setOf),
    data: ranges.map(({ begin, end }, i) => [begin, end - begin, setOf(bodies.length + i)]).filter(([, , set]) => set >= 0),
    sets,
  };
}

function memoryOf(segments) {
  const bytes = (address, size) => {
    const segment = segments.find(({ offset, bytes }) => address >= offset && address + size <= offset + bytes.length);
    if (!segment) throw new Error(`no constant at address ${address}`);
    return Buffer.from(segment.bytes).subarray(address - segment.offset, address - segment.offset + size);
  };
  const number = (address) => bytes(address, 4).readUInt32LE();
  return { text: (address) => (number(address + 4) ? bytes(number(address), number(address + 4)).toString() : '') };
}
