// Finds the optional parts of a module that models need. They are loaded with a module that has none; its error names
// the first missing part, which the next module has, and so on, until the models load. So the parts are exactly those
// that loading uses: operators of the file, its subgraphs and functions, those that the optimizer makes on the way,
// stages of the tokenizer. Running uses no others.
import { Session } from 'onedge';

const MISSING =
  /(?:operator (?<op>\S+)|(?<kind>normalizer|pre_tokenizer|model|post_processor|decoder)\b[^:]*: type '(?<stage>[^']*)'|task '(?<task>[^']*)') is not in this module, which was trimmed/;

/** Parts by kind. */
export class Needs {
  #parts = new Map(); // kind -> Set of names
  constructor(required) {
    this.required = required; // pass -> operators without domain
  }
  add(kind, name) {
    if (!this.#parts.has(kind)) this.#parts.set(kind, new Set());
    this.#parts.get(kind).add(name);
  }
  names(kind) {
    return [...(this.#parts.get(kind) ?? [])].sort();
  }
  has(kind, name) {
    if (kind === 'kernel') return this.has('op', name);
    // A pass is skipped in a graph without the operators that it rewrites.
    if (kind === 'pass') return this.required[name].length === 0 || this.names('op').some((op) => this.required[name].includes(op.split('.').at(-1)));
    return this.#parts.get(kind)?.has(name) ?? false;
  }
}

/** Adds the parts that a model certainly needs, so that fewer modules are tried. */
export function addDescribed(needs, { operators = {}, task }) {
  for (const name of Object.keys(operators)) needs.add('op', name.includes('.') ? name : `ai.onnx.${name}`);
  if (task) needs.add('task', task);
}

/**
 * Adds what `open` needs. @param {(options: object) => Promise<{dispose(): void}>} open loads a model with the options
 * for load(): `wasm` and `build`
 * @param {{trimmer: import('./trim_module.js').Trimmer, build: string}} module
 */
export async function addNeeds(needs, open, { trimmer, build }) {
  for (let last = ''; ; ) {
    const wasm = await WebAssembly.compile(trimmer.trim((kind, name) => needs.has(kind, name)));
    try {
      const model = await open({ wasm, build });
      model.dispose();
      return;
    } catch (error) {
      const found = MISSING.exec(error.message)?.groups;
      if (!found || error.message === last) throw error;
      last = error.message;
      if (found.op !== undefined) needs.add('op', found.op);
      else if (found.task !== undefined) needs.add('task', found.task);
      else needs.add(found.kind, found.stage);
    }
  }
}
