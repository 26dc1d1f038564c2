// The WebAssembly module: chosen, instantiated once, shared by all models.
import { requireOk } from './content.js';
import { OnedgeError } from './error.js';
import { chooseBuild } from './features.js';
import { defineHandles } from './handles.js';
import { host } from './host.js';

const instances = new Map(); // build or WebAssembly.Module -> Promise of {exports, build, reason}

/**
 * @param {{build?: 'simd' | 'relaxed', wasm?: string | URL | BufferSource | WebAssembly.Module}} [options]
 * @returns {Promise<{exports: object, build: string, reason: string}>}
 */
export function instantiate({ build, wasm } = {}) {
  const chosen = build ? { build, reason: 'asked for' } : chooseBuild();
  if (!chosen.build) throw new OnedgeError({ code: 'UNSUPPORTED', message: `onedge needs WebAssembly SIMD: ${chosen.reason}` });
  const key = wasm ?? chosen.build;
  if (!instances.has(key)) {
    const instance = start(chosen, wasm);
    instances.set(key, instance);
    instance.catch(() => instances.delete(key)); // the next call tries again
  }
  return instances.get(key);
}

async function start({ build, reason }, wasm) {
  const module = wasm ? await compile(wasm) : await host.compiledModule(build);
  const createModule = await host.createModule[build]();
  const exports = await new Promise((resolve, reject) => {
    createModule({
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), reject);
        return {};
      },
    }).then(resolve, reject);
  });
  return { exports: defineHandles(exports), build, reason };
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
