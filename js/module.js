// The WebAssembly module: chosen, instantiated once, shared by all models.
import { requireOk } from './content.js';
import { onedgeError } from './error.js';
import { chooseBuild, whyOneThread } from './features.js';
import { defineHandles } from './handles.js';
import { host } from './host.js';
import { ThreadPool } from './threads/thread_pool.js';

const instances = new Map(); // build or WebAssembly.Module -> Promise of Instance

/**
 * @typedef {{exports: object, build: string, reason: string, module: WebAssembly.Module, memory?: WebAssembly.Memory}}
 * Instance memory: shared, of a module with threads
 */

/**
 * @param {{build?: 'simd' | 'relaxed', wasm?: string | URL | BufferSource | WebAssembly.Module}} [options]
 * @param {boolean} [threads] whether to take the module with threads; `wasm` decides itself
 * @returns {Promise<Instance>}
 */
export function instantiate({ build, wasm } = {}, threads = false) {
  const chosen = build ? { build, reason: 'asked for' } : chooseBuild();
  if (!chosen.build) throw onedgeError('UNSUPPORTED', `onedge needs WebAssembly SIMD: ${chosen.reason}`);
  if (threads && !wasm) chosen.build += '-threads';
  const key = wasm ?? chosen.build;
  if (!instances.has(key)) {
    const instance = start(chosen, wasm, () => instances.delete(key));
    instances.set(key, instance);
    instance.catch(() => instances.delete(key)); // the next call tries again
  }
  return instances.get(key);
}

async function start({ build, reason }, wasm, forget) {
  const module = wasm ? await compile(wasm) : await host.compiledModule(build);
  const memory = WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory') ? sharedMemory() : undefined;
  if (wasm && memory) build += '-threads';
  const createModule = await host.createModule[build]();
  const exports = await new Promise((resolve, reject) => {
    createModule({
      ...(memory && { wasmMemory: memory }),
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), reject);
        return {};
      },
    }).then(resolve, reject);
  });
  if (memory) refuseAfterTrap(exports, forget);
  exports.heap = memory ? growingHeap(memory) : () => exports.HEAPU8;
  return { exports: defineHandles(exports), build, reason, module, memory };
}

async function compile(wasm) {
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (typeof wasm === 'string' || wasm instanceof URL) {
    const response = await fetch(wasm);
    requireOk(response, wasm);
    return WebAssembly.compile(await response.arrayBuffer());
  }
  return WebAssembly.compile(wasm);
}

// After a trap in a module with threads, these may be anywhere in its memory, and hold its locks: nothing in it is
// called any more. Later loads get another instance.
function refuseAfterTrap(exports, forget) {
  let failure;
  for (const [name, call] of Object.entries(exports)) {
    if (typeof call !== 'function') continue;
    exports[name] = (...args) => {
      if (failure && name.endsWith('.delete')) return undefined;
      if (failure) throw failure;
      try {
        return call(...args);
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        failure = onedgeError('INTERNAL', `the module with threads has failed; load the model again (${error.message})`, error);
        forget();
        ThreadPool.stopAll(exports, failure);
        throw failure;
      }
    };
  }
}

const INITIAL_PAGES = 64; // -sINITIAL_MEMORY in cmake/wasm_module.cmake

// Shared memory has a maximum, and some browsers reserve all of it, which small devices refuse.
function sharedMemory() {
  const missing = whyOneThread();
  for (let maximum = 65536; !missing && maximum >= 8192; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
    } catch {
      // less
    }
  }
  throw onedgeError('UNSUPPORTED', `no shared memory for the module with threads: ${missing ?? 'the engine refuses it'}`);
}

// Shared memory grows without telling the glue.
function growingHeap(memory) {
  let heap = new Uint8Array(memory.buffer);
  return () => {
    if (heap.buffer !== memory.buffer) heap = new Uint8Array(memory.buffer);
    return heap;
  };
}
