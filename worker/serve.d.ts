// The types of `onedge/worker`. Sizes in bytes, times in seconds unless a name says otherwise.
import type { Cache, Content } from 'onedge';

/** A store of models. */
export interface Store {
  /** The file under the name, in any form that `load()` reads; null if it does not exist. */
  open(name: string): Promise<string | URL | Content | (AsyncIterable<Uint8Array> & { total?: number }) | null | undefined>;
}

/** Static assets: the binding of wrangler's `assets`. */
export function assets(binding: { fetch(url: string): Promise<Response> }): Store;
/** An R2 bucket. */
export function r2(bucket: { get(name: string): Promise<{ body: ReadableStream; size: number } | null> }): Store;
/**
 * A KV namespace: the key `name` is {"chunks": n, "bytes": n} in JSON, `name/0`, `name/1`, ... are the chunks, of at
 * most 25 MiB each.
 */
export function kv(namespace: { get(key: string, type: 'json'): Promise<unknown>; get(key: string, type: 'stream'): Promise<ReadableStream | null> }): Store;
/** Files below a URL. */
export function url(base: string): Store;

export interface ModelFile {
  /** Its name in the store: .onedge or .onnx. */
  file: string;
  /**
   * sha256 of the file in hex, optionally with the prefix `sha256:`. The bytes are verified with it, and the Cache API
   * keeps only files that have it.
   */
  digest?: string;
  /** The length of the file, if known: a file that does not fit is then refused before it is read. */
  bytes?: number;
  /** Default: the version in the file. */
  version?: string;
}

export interface ModelVersions {
  versions: Record<string, ModelFile>;
  /** Whole percents of the clients that get each version; they add up to 100. Optional for a single version. */
  traffic?: Record<string, number>;
}

export interface ServeOptions {
  store: Store;
  /** The models by their names in requests. Either this or `catalog`. */
  models?: Record<string, string | ModelFile | ModelVersions>;
  /** The catalog in the store that `onedge deploy` writes, `catalog.json`. */
  catalog?: string;
  /** The maximum age of the catalog. Default 60. */
  catalogSeconds?: number;
  /** For all models together. Default 96e6, of the 128 MB of an isolate. */
  memoryLimit?: number;
  /** Between the store and the models, for files with a digest. 'auto' (default): the Cache API. */
  cache?: 'auto' | false | Cache;
  /** Base URL of an onedge server, for models that do not fit here or need a missing operator. */
  fallback?: string | URL;
  /** The token that clients must send as `Authorization: Bearer ...`. */
  token?: string;
  /** The origins whose pages may send requests: '*' (default), an origin, several, or false. */
  cors?: '*' | false | string | string[];
  /** Bytes of a request's body. Default 1e6. */
  maxBytes?: number;
  /** Inputs of one request. Default 128. */
  maxBatch?: number;
  /** Tokens of one text, if the model takes more. */
  maxTokens?: number;
  /** Tokens of one request. Default 16384. */
  maxBatchTokens?: number;
  /** Simultaneous requests; further ones get 429. Default 32. */
  maxConcurrent?: number;
  /** How long a request waits for its model before it gets 503. Default 20. */
  loadSeconds?: number;
  /** How long a store may send nothing. Default 10. */
  stallSeconds?: number;
}

export interface Handler<Env> {
  fetch(request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response>;
}

/**
 * An edge Worker's handler. Options that need the Worker's bindings are a function of them, called once for each
 * isolate.
 */
export function serve<Env = unknown>(options: ServeOptions | ((env: Env) => ServeOptions)): Handler<Env>;
