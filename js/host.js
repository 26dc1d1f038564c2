// What differs between browsers, Node and edge Workers: one object, set by the entry module of the host (js/node.js, ...).

/** @type {{createModule: Record<string, () => Promise<Function>>, compiledModule: (build: string) => Promise<WebAssembly.Module>,
 *   openPath?: (path: string) => Promise<{chunks: AsyncIterable<Uint8Array>, total?: number}>}} */
export let host;

export function setHost(value) {
  host = value;
}
