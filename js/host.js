// What differs between browsers, Node and edge Workers: one object, set by the entry module of the host (js/node.js, ...).

/** @type {{createModule: Record<string, () => Promise<Function>>, compiledModule: (build: string) => Promise<WebAssembly.Module>,
 *   openPath?: (path: string) => Promise<{chunks: AsyncIterable<Uint8Array>, total?: number}>, baseUrl?: () => string,
 *   openStore?: () => Promise<object | undefined>, startThread?: () => import('./offthread/thread.js').Thread}}
 *   baseUrl: what relative URLs are relative to; openStore: the host's own cache of models; startThread: for `worker: true` */
export let host;

/** Sets some of it. */
export function setHost(part) {
  host = { ...host, ...part };
}
