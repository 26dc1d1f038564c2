// Node: the .wasm files lie beside this package and are read from disk.
import { readFile } from 'node:fs/promises';

export const factories = {
  simd: async () => (await import('../../dist/onedge-simd.mjs')).default,
  relaxed: async () => (await import('../../dist/onedge-relaxed.mjs')).default,
};

export async function compiledModule(build) {
  return WebAssembly.compile(await readFile(new URL(`../../dist/onedge-${build}.wasm`, import.meta.url)));
}
