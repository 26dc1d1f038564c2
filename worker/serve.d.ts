// The types of `onedge/worker`. Sizes in bytes, times in seconds unless a name says otherwise.
import type { Cache, Content } from 'onedge';

/** Where models lie. */
export interface Store {
  /** What is stored under the name, in any form that `load()` reads; null where there is nothing. */
  open(name: string): Promise<string | URL | Content | (AsyncIterable<Uint8Array> & { total?: number }) | null | undefined>;
}

/** Static assets: the binding of wrangler's `assets`. */
export function assets(binding: { fetch(url: string): Promise<Response> }): Store;
/** An R2 bucket. */
export function r2(bucket: { get(name: string): Promise<{ body: ReadableStream; size: number } | null> }): Store;
/** A KV namespace: the key `name` is {"chunks": n, "bytes": n} in JSON, `name/0`, `name/1`, ... are the chunks, of at most 25 MiB each. */
export function kv(namespace: { get(key: string, type: 'json'): Promise<unknown>; get(key: string, type: 'stream'): Promise<ReadableStream | null> }): Store;
/** Files below a URL. */
export function url(base: string): Store;

export interface ModelFile {
  /** Its name in the store: .onedge or .onnx. */
  file: string;
  /** sha256 of the file in hex, `sha256:` may stand before it. The bytes are held to it, and only with it the Cache API keeps them. */
  digest?: string;
  /** Length of the file, where it is known: then what does not fit is refused before it is read. */
  bytes?: number;
  /** Left out: what the file says. */
  version?: string;
}

export interface ModelVersions {
  versions: Record<string, ModelFile>;
  /** Whole percents of the clients that get each version; add up to 100. May be left out for one version. */
  traffic?: Record<string, number>;
}

export interface ServeOptions {
  store: Store;
  /** By the name that requests use. Either this or `catalog`. */
  models?: Record<string, string | ModelFile | ModelVersions>;
  /** The catalog in the store that `onedge deploy` keeps, `catalog.json`. */
  catalog?: string;
  /** How old a catalog may be. Default 60. */
  catalogSeconds?: number;
  /** For all models together. Default 96e6, of the 128 MB that an isolate has. */
  memoryLimit?: number;
  /** Between the store and the models, for files with a digest. 'auto' (default): the Cache API. */
  cache?: 'auto' | false | Cache;
  /** Base URL of an onedge server, for what does not fit here or needs an operator that is not here. */
  fallback?: string | URL;
  /** What clients must send as `Authorization: Bearer ...`. */
  token?: string;
  /** Whose pages may ask: '*' (default), an origin, several, or false. */
  cors?: '*' | false | string | string[];
  /** Of a request's body. Default 1e6. */
  maxBytes?: number;
  /** Inputs of one request. Default 128. */
  maxBatch?: number;
  /** Tokens of one text, where the model takes more. */
  maxTokens?: number;
  /** Tokens of one request. Default 16384. */
  maxBatchTokens?: number;
  /** Requests that are answered at once; more are asked to come again. Default 32. */
  maxConcurrent?: number;
  /** How long a request waits for its model; then it is asked to come again. Default 20. */
  loadSeconds?: number;
  /** How long a store may say nothing. Default 10. */
  stallSeconds?: number;
}

export interface Handler<Env> {
  fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response>;
}

/** An edge Worker's handler. Options that need the Worker's bindings are made from them, once for each isolate. */
export function serve<Env = unknown>(options: ServeOptions | ((env: Env) => ServeOptions)): Handler<Env>;
