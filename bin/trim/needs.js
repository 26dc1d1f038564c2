// Finds the optional parts of a module that models need. They are loaded with a module that has none; its error names
// the first missing part, which the next module has, and so on, until the models load. So the parts are exactly those
// that loading uses: operators of the file, its subgraphs and functions, those that the optimizer makes on the way,
// stages of the tokenizer. Running uses no others. Optimizer passes that change nothing, and functions that make no
// kernel, are missed by nobody: the whole module says which did.
const MISSING =
  /(?:operator (?<op>\S+)|part '(?<part>[^']*)'|its (?<portable>portable kernel)|(?<kind>normalizer|pre_tokenizer|model|post_processor|decoder)\b[^:]*: type '(?<stage>[^']*)'|task '(?<task>[^']*)') is not in this module, which was trimmed/;

// Operators whose kernels are chosen by the model alone. The choice for others may depend on the host.
const SAME_ON_EVERY_HOST = ['ai.onnx.Gemm', 'ai.onnx.MatMul', 'onedge.Linear', 'onedge.ScaledDotProductAttention'];
const plain = (operator) => operator.split('.').at(-1);

/** Parts by kind. */
export class Needs {
  #parts = new Map(); // kind -> Set of names
  #varying; // operators without domain

  /** @param {import('./trim_module.js').TrimMap} map */
  constructor({ gates }) {
    this.#varying = new Set(gates.filter(([kind, name]) => kind === 'kernel' && !SAME_ON_EVERY_HOST.includes(name)).map(([, name]) => plain(name)));
  }
  add(kind, name) {
    if (!this.#parts.has(kind)) this.#parts.set(kind, new Set());
    this.#parts.get(kind).add(name);
    if (kind === 'op' && this.#varying.has(plain(name))) this.add('run', plain(name));
  }
  names(kind) {
    return [...(this.#parts.get(kind) ?? [])].sort();
  }
  /** Whether a gate stays open: see TrimMap. */
  has(kind, name, row) {
    if (kind === 'kernel') return this.has('op', name) && (this.has('row', String(row)) || !SAME_ON_EVERY_HOST.includes(name));
    const names = this.#parts.get(kind);
    // Several operators may share a portable kernel.
    return kind === 'run' ? name.split(' ').some((one) => names?.has(one)) : (names?.has(name) ?? false);
  }
}

/**
 * Adds what the whole module has used.
 * @param {string} used such as 'pass fuse-gelu;kernel 22;': see runtime::ModelOptions
 */
export function addUsed(needs, used) {
  for (const [, kind, name] of used.matchAll(/(\w+) ([^;]+);/g)) needs.add(kind === 'kernel' ? 'row' : kind, name);
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
    const wasm = await WebAssembly.compile(trimmer.trim((...gate) => needs.has(...gate)));
    try {
      const model = await open({ wasm, build });
      model.dispose();
      return;
    } catch (error) {
      const found = MISSING.exec(error.message)?.groups;
      const key = `${error.op} ${error.message}`;
      if (!found || key === last) throw error;
      last = key;
      if (found.op !== undefined) needs.add('op', found.op);
      else if (found.part !== undefined) needs.add('part', found.part);
      else if (found.portable !== undefined) needs.add('run', error.op);
      else if (found.task !== undefined) needs.add('task', found.task);
      else needs.add(found.kind, found.stage);
    }
  }
}
