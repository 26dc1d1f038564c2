// Edge Workers: modules are compiled when the Worker is deployed; an imported .wasm file is a WebAssembly.Module.
import relaxed from '../../dist/onedge-relaxed.wasm';
import simd from '../../dist/onedge-simd.wasm';
import createRelaxed from '../../dist/onedge-relaxed.mjs';
import createSimd from '../../dist/onedge-simd.mjs';

const modules = { simd, relaxed };

export const factories = { simd: async () => createSimd, relaxed: async () => createRelaxed };

export async function compiledModule(build) {
  return modules[build];
}
