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
// row without a name holds the function that reports a missing part. `needs`: where a list of operators begins.
const stages = (kind, symbol) => ({ kind, symbol: `_ZN6onedge9tokenizer12_GLOBAL__N_1${symbol}E`, names: [0] });
const TABLES = [
  { kind: 'op', symbol: '_ZN6onedge3opsL4kOpsE', names: [0, 8] },
  { kind: 'kernel', symbol: '_ZN6onedge8backends3cpu12_GLOBAL__N_18kEntriesE', names: [0, 8] },
  { kind: 'pass', symbol: '_ZN6onedge9optimizer12_GLOBAL__N_17kPassesE', names: [0], needs: 12 },
  { kind: 'task', symbol: '_ZN6onedge5tasksL6kTasksE', names: [0] },
  { kind: 'route', symbol: '_ZN6onedge8contract12_GLOBAL__N_17kRoutesE', names: [0] },
  stages('normalizer', '12kNormalizers'),
  stages('pre_tokenizer', '14kPreTokenizers'),
  stages('model', '7kModels'),
  stages('post_processor', '15kPostProcessors'),
  stages('decoder', '9kDecoders'),
];

const [path, folder] = process.argv.slice(2);
const base = readdirSync(folder).filter((name) => name.endsWith('-base.wasm')).sort().at(-1);
const linked = readLinked(readFileSync(join(folder, base)));
const module = writeSections(readSections(readFileSync(path)));
writeFileSync(path, module);
writeFileSync(path.replace(/\.wasm$/, '.trim.json'), JSON.stringify(mapOf(linked, module)));

function mapOf({ bodies, segments, symbols, ranges, edges, pointers, roots, slots, nodeAt }, module) {
  const optimized = readSections(module);
  const slotCount = readElements(optimized.find(({ id }) => id === SECTION.element)).reduce((sum, { functions }) => sum + functions.length, 0);
  if (slotCount !== slots.length) throw new Error(`the optimizer changed the function table: ${slots.length} slots became ${slotCount}`);
  const memory = memoryOf(segments);
  const gates = [];
  const replacements = {};
  const required = {}; // pass -> operators
  for (const table of TABLES) {
    const symbol = symbols.find(({ name }) => name === table.symbol);
    if (!symbol) throw new Error(`the table ${table.symbol} is not in the module`);
    const inTable = ([address, target]) => address >= symbol.address && address < symbol.address + symbol.size && target >= 0 && target < bodies.length;
    const cells = [...pointers].filter(inTable).map(([address]) => address).sort((a, b) => a - b);
    const stride = symbol.size / cells.length;
    cells.forEach((cell, i) => {
      if (cell !== cells[0] + i * stride) throw new Error(`${table.symbol}: expected one pointer to a function in each row`);
      const row = symbol.address + i * stride;
      const texts = table.names.map((at) => memory.text(row + at));
      const target = pointers.get(cell);
      const name = texts.length > 1 ? `${texts[0] || 'ai.onnx'}.${texts[1]}` : texts[0];
      if (texts.at(-1) === '') replacements[table.kind] = slots.indexOf(target) + 1;
      else gates.push({ kind: table.kind, name, cell, target });
      if (table.needs === undefined) return;
      required[name] = [];
      for (let at = table.needs; at < stride; at += 8) required[name].push(...[memory.text(row + at)].filter(Boolean));
    });
    // The rows keep nothing alive. What else is in the table, does; so do the functions that report a missing part.
    const node = nodeAt(symbol.address);
    edges[node].clear();
    for (const [address, target] of pointers) {
      if (address < ranges[node - bodies.length].begin || address >= ranges[node - bodies.length].end || target < 0) continue;
      if (!cells.includes(address) || slots[replacements[table.kind] - 1] === target) edges[node].add(target);
    }
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
    gates: gates.map(({ kind, name, cell }) => [kind, name, cell]),
    required,
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
