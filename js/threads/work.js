// A thread of a pool: another instance of the module on the same memory. It needs nothing else of this package.

/**
 * Returns when the pool has been deleted.
 * @param {{module: WebAssembly.Module, memory: WebAssembly.Memory, words: number[], failedWord: number}} message see
 * HostThreads in src/base
 * @param {(answer: {error?: string}) => void} post without an error: it waits for work
 */
export async function work({ module, memory, words, failedWord }, post) {
  const [begin, join, run, stack, stackBytes, thread] = words;
  let joined = false;
  try {
    const { exports } = await WebAssembly.instantiate(module, importsOf(module, memory));
    // Exports have short names that depend on the build.
    const table = Object.values(exports).find((one) => one instanceof WebAssembly.Table);
    table.get(begin)(stack, stackBytes);
    table.get(join)(thread);
    joined = true;
    post({});
    table.get(run)(thread);
  } catch (error) {
    // The caller's thread waits for this one: it must learn that its tasks will not end.
    if (joined) Atomics.store(new Int32Array(memory.buffer), failedWord / 4, 1);
    post({ error: String(error?.message ?? error) });
  }
}

// Kernels call none of the functions, which belong to the first thread.
function importsOf(module, memory) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = kind === 'memory' ? memory : () => refuse(name);
  }
  return imports;
}

function refuse(name) {
  throw new Error(`a thread of the pool called the import '${name}'`);
}
