// Checks option names: an unknown option is refused, because otherwise it would be ignored silently.

/** The names of SessionOptions in onedge.d.ts. */
export const SESSION_OPTIONS = ['signal', 'onProgress', 'memoryLimit', 'cache', 'digest', 'threads', 'wasm', 'build', 'optimize', 'externalData'];
export const LOAD_OPTIONS = [...SESSION_OPTIONS, 'worker', 'fallback'];

/** @param {object | undefined} options @param {string[]} known @param {string} where the function, for the message */
export function requireKnown(options, known, where) {
  for (const name in options) {
    if (known.includes(name)) continue;
    const near = known.find((one) => distance(plain(name), plain(one)) <= 2);
    throw new TypeError(`${where}: unknown option '${name}'; ${near ? `did you mean '${near}'?` : `expected ${known.join(', ')}`}`);
  }
}

const plain = (name) => name.replace(/_/g, '').toLowerCase();

// Levenshtein distance.
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; ++i) {
    const next = [i];
    for (let j = 1; j <= b.length; ++j) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/** Loads with equal keys have equal results: the same source and the same options, except those of the caller alone. */
export function keyOf(source, { signal, onProgress, fallback, ...options }) {
  if (!source.shareable) return Symbol('alone');
  const parts = Object.entries(options).filter(([, value]) => value !== undefined);
  return [source.url ?? source.name, ...parts.map(([name, value]) => `${name}=${idOf(value)}`).sort()].join('\n');
}

const ids = new WeakMap(); // object -> number
let lastId = 0;
function idOf(value) {
  if (value === null || typeof value !== 'object') return value;
  if (!ids.has(value)) ids.set(value, ++lastId);
  return `#${ids.get(value)}`;
}
