// The differences between browsers, Node and edge Workers: one object, set by the host's entry module (js/node.js).

/** @type {{createModule: Record<string, () => Promise<Function>>,
 *   compiledModule: (build: string) => Promise<WebAssembly.Module>,
 *   openPath?: (path: string) => Promise<{chunks: AsyncIterable<Uint8Array>, total?: number}>, baseUrl?: () => string,
 *   openStore?: () => Promise<object | undefined>,
 *   sha256?: () => {update(bytes: Uint8Array): any, digest(): string | Promise<string>},
 *   startThread?: () => import('./offthread/thread.js').Thread,
 *   startPoolThread?: (message: object) => {joined: Promise<void>, stop: () => any}, threadsAnywhere?: boolean,
 *   cores?: () => number}}
 *   baseUrl: the base of relative URLs; openStore: the host's own cache of models; sha256: a new hash, in hex, if
 *   the host can hash a stream; startThread: for `worker: true`; startPoolThread: for threads/; threadsAnywhere: also
 *   without cross-origin isolation; cores: those that this process may use */
export let host;

/** Sets some of its members. */
export function setHost(part) {
  host = { ...host, ...part };
}
