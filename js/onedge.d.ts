// The types of the package `onedge`. Sizes in bytes, times in milliseconds, offsets in UTF-16 units.
/// <reference lib="esnext.disposable" />

export type DType =
  | 'float32' | 'float64' | 'float16' | 'bfloat16'
  | 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64'
  | 'bool' | 'string' | 'int4' | 'uint4' | 'int2' | 'uint2'
  | 'float8e4m3fn' | 'float8e4m3fnuz' | 'float8e5m2' | 'float8e5m2fnuz' | 'float8e8m0' | 'float4e2m1';

export type TensorData =
  | Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array
  | Uint8Array | Uint16Array | Uint32Array | BigUint64Array | string[];

/**
 * An n-dimensional array. `data` is dense and row-major; packed types (int4, ...) hold several elements a byte, low
 * bits first.
 */
export class Tensor {
  constructor(dtype: DType, data: ArrayLike<number | bigint | boolean | string>, dims?: readonly number[]);
  readonly dtype: DType;
  readonly data: TensorData;
  readonly dims: readonly number[];
  /** Number of elements. */
  readonly size: number;
}

export type Source = string | URL | Content | Promise<string | URL | Content>;

export interface Progress {
  /** Bytes so far. */
  loaded: number;
  /** All bytes, if known. */
  total?: number;
  phase: 'download' | 'prepare' | 'ready';
}

/** A custom cache: a key is an absolute URL. */
export interface Cache {
  get(key: string): Content | undefined | null | Promise<Content | undefined | null>;
  /** Settles when all of `response` is stored; a rejection does not stop the load. */
  put(key: string, response: Response): unknown;
  delete?(key: string): unknown;
  keys?(): Iterable<string> | Promise<Iterable<string>>;
}

export type Content = Response | ReadableStream<Uint8Array> | Blob | ArrayBuffer | ArrayBufferView;

export interface SessionOptions {
  /** Aborts the download. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Bytes for weights, tokenizer and activations together; RESOURCE_EXHAUSTED beyond it. */
  memoryLimit?: number;
  /**
   * For http URLs. 'auto' (default): the Cache API in browsers and edge Workers, a folder in Node; false: none. An
   * entry is verified by its digest; without `digest` the server is asked whether it is still current.
   */
  cache?: 'auto' | false | Cache;
  /**
   * The sha256 in hex that the model must have: the value of `description.digest`. With it a cached model needs no
   * network.
   */
  digest?: string;
  /**
   * The number of threads of a run, with the calling one. 'auto' (default): one for each core, at most 4, and one for a
   * model of less than 8 MB. Pages need cross-origin isolation for more than one; stats() gives number and reason.
   */
  threads?: 'auto' | number;
  /** The source of the WebAssembly module, instead of this package's own file. */
  wasm?: string | URL | BufferSource | WebAssembly.Module;
  /** The build to use, instead of feature detection. */
  build?: 'simd' | 'relaxed';
  /** false: every operator runs as in the file, without fusions, for comparison. Default: true. */
  optimize?: boolean;
  /** The files with the weights of an .onnx model ("external data"), by their names in the model. Not cached. */
  externalData?: Record<string, Source>;
}

export interface LoadOptions extends SessionOptions {
  /** Runs the model in its own worker (browsers, Node). */
  worker?: boolean;
  /** Base URL of an onedge server, used if this host cannot run the model or the model does not fit. */
  fallback?: string | URL;
}

export interface RunOptions {
  /** Stops the run: it is checked every few milliseconds, between two operators. */
  signal?: AbortSignal;
  /** Polled between the steps of the run; true stops it with CANCELLED. */
  cancelled?: () => boolean;
}

export interface SignatureEntry {
  name: string;
  dtype: DType;
  /** A size, the name of a symbolic dimension, or null if unknown; null: any rank. */
  shape: (number | string | null)[] | null;
}

export interface Signature {
  inputs: SignatureEntry[];
  outputs: SignatureEntry[];
}

export interface Description {
  name: string;
  version: string;
  task: string;
  license: string;
  /** sha256 in hex. */
  digest: string;
  labels: string[];
  signature: Signature;
  opsets: Record<string, number>;
  operators: Record<string, number>;
  parameters: number;
  fileBytes: number;
  weightBytes: number;
  /** manifest.json of a package, with the settings of its task; null for a bare .onnx file. */
  manifest: { preprocessing?: Record<string, unknown>; postprocessing?: Record<string, unknown>; [key: string]: unknown } | null;
}

export interface Stats {
  build: 'simd' | 'relaxed' | 'simd-threads' | 'relaxed-threads';
  buildReason: string;
  threads: number;
  threadsReason: string;
  /** Whether the model came from the cache, was stored in it, or neither; and the reason. */
  cache: 'hit' | 'stored' | 'none';
  cacheReason: string;
  fileBytes: number;
  weightBytes: number;
  /** Bytes that count against the memory limit: weights, packed weights, tokenizer and activations. */
  usedBytes: number;
  arenaBytes: number;
  wasmMemoryBytes: number;
  loadMilliseconds: number;
}

/** One step of a run. */
export interface StepProfile {
  /** The name of the graph node, '' if it has none. */
  node: string;
  opType: string;
  /** Whether a kernel of the backend ran it, rather than the operator's portable code. */
  lowered: boolean;
  ms: number;
}

export interface Profile {
  outputs: Record<string, Tensor>;
  /**
   * In the order of their ends. A step with subgraphs (If, Loop, Scan) includes the inner steps, which are also listed.
   */
  steps: StepProfile[];
}

/** Runs any ONNX model on tensors. One run at a time; model.session() gives several sessions of one model. */
export class Session {
  private constructor();
  /** An option that is not in SessionOptions is refused with a TypeError. */
  static create(source: Source, options?: SessionOptions): Promise<Session>;
  readonly description: Description;
  readonly inputNames: string[];
  readonly outputNames: string[];
  /** Takes one tensor for each input; returns one tensor for each output, with its own data. */
  run(feeds: Record<string, Tensor>, options?: RunOptions): Promise<Record<string, Tensor>>;
  /** Like run, and also returns the time of each step. */
  profile(feeds: Record<string, Tensor>, options?: RunOptions): Promise<Profile>;
  stats(): Stats;
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface LabelScore {
  label: string;
  score: number;
}

/** Pixels in rows from the top; channels 1 (grey), 3 (RGB) or 4 (RGBA, the default for ImageData). */
export interface Pixels {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
  channels?: 1 | 3 | 4;
}

/**
 * The class of a token, or, with an `aggregation_strategy`, of a group of tokens: entity_group instead of entity and
 * index.
 */
export interface TokenClass {
  entity: string;
  entity_group: string;
  score: number;
  /** Of the token in its text. */
  index: number;
  word: string;
  start: number;
  end: number;
}

export interface SpanAnswer {
  answer: string;
  score: number;
  start: number;
  end: number;
}

export interface FilledMask {
  score: number;
  /** Its id. */
  token: number;
  token_str: string;
  sequence: string;
}

export interface ZeroShotAnswer {
  sequence: string;
  /** Best first; `scores` has the same order. */
  labels: string[];
  scores: number[];
}

export interface RankedText {
  /** The index among the given texts. */
  index: number;
  score: number;
  /** With the option returnText. */
  text?: string;
}

export interface DetectedObject {
  label: string;
  score: number;
  /** In pixels of the image, or as fractions of it (percentage). */
  box: { xmin: number; ymin: number; xmax: number; ymax: number };
}

export type Answer =
  | LabelScore[] | Partial<TokenClass>[] | SpanAnswer[] | FilledMask[] | RankedText[] | DetectedObject[] | ZeroShotAnswer
  | Float32Array | Float32Array[] | Record<string, Tensor>;

/** The input of a model: docs/tasks.md lists the kinds for each task. */
export type Input =
  | string | Pixels | { text: string; text_pair?: string } | { ids: readonly number[] | Int32Array } | { question: string; context: string } | { query: string; texts: string[] }
  | { source_sentence: string; sentences: string[] } | Record<string, Tensor>;

export interface ModelStats extends Stats {
  /** Of the last run. */
  runMilliseconds: number | null;
}

/** docs/tasks.md lists the options of each task. Each name may also be written in snake_case, as in transformers.js. */
export interface TaskOptions extends RunOptions {
  /** Another task than the model's own. */
  task?: string;
  /** The number of answers, best first; 0: all. */
  topK?: number | null;
  top_k?: number | null;
  /** Tokens, special ones included. */
  maxLength?: number;
  /** true: what is longer is cut; false: it is an error. Left out: texts are cut, token ids are not. */
  truncation?: boolean;
  /** Where tokens are dropped. Left out, or 'default': as tokenizer.json says. */
  truncationSide?: 'default' | 'right' | 'left';
  truncation_side?: 'default' | 'right' | 'left';
  function?: 'default' | 'softmax' | 'sigmoid' | 'none';
  candidateLabels?: string | string[];
  hypothesisTemplate?: string;
  multiLabel?: boolean;
  aggregationStrategy?: 'none' | 'simple' | 'first' | 'average' | 'max';
  ignoreLabels?: string[];
  maxAnswerLen?: number;
  docStride?: number;
  handleImpossibleAnswer?: boolean;
  alignToWords?: boolean;
  targets?: string | string[];
  maskToken?: string;
  pooling?: 'none' | 'mean' | 'cls' | 'last_token' | 'max';
  normalize?: boolean;
  /** The number of leading elements that are kept of a vector. */
  dimensions?: number;
  threshold?: number;
  iouThreshold?: number;
  percentage?: boolean;
  boxFormat?: 'center' | 'corners';
  /** Whether ranked and compared texts are part of the answer. */
  returnText?: boolean;
  return_text?: boolean;
  /** The names of the model's outputs that the task reads. */
  output?: string;
  startOutput?: string;
  endOutput?: string;
  boxesOutput?: string;
  scoresOutput?: string;
  [snakeCase: `${string}_${string}`]: unknown;
}

/** A packaged model with its task. */
export class Model {
  private constructor();
  readonly name: string;
  readonly task: string;
  readonly labels: string[];
  readonly signature: Signature;
  readonly description: Description;
  /** Lives as long as the model; null if the file has none. */
  readonly tokenizer: Tokenizer | null;
  run(input: { question: string; context: string }, options?: TaskOptions): Promise<SpanAnswer[]>;
  run(feeds: Record<string, Tensor>, options?: RunOptions): Promise<Record<string, Tensor>>;
  /**
   * The answer of the model's task; name its type if it is not a list of labels. An array of inputs gives an array of
   * answers; in it [text, pair] is a pair.
   */
  run<T extends Answer = LabelScore[]>(input: Input, options?: TaskOptions): Promise<T>;
  run<T extends Answer = LabelScore[]>(inputs: (Input | [text: string, pair: string])[], options?: TaskOptions): Promise<T[]>;
  /**
   * A session that shares the weights, for tensors, with its own plans and activations. It needs its own dispose() and
   * may outlive the model. With `worker: true` it runs in the model's worker, and has the same methods.
   */
  session(): Promise<Session>;
  stats(): ModelStats;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A model in a worker: a Model whose tokenizer returns promises. */
export interface WorkerModel extends Omit<Model, 'tokenizer' | 'stats'> {
  readonly tokenizer: WorkerTokenizer | null;
  /** The statistics after the last answer. */
  stats(): ModelStats & { worker: true };
}

export interface WorkerTokenizer {
  readonly vocabularySize: number;
  encode(...args: Parameters<Tokenizer['encode']>): Promise<Encoding>;
  encodeBatch(...args: Parameters<Tokenizer['encodeBatch']>): Promise<Encoding[]>;
  decode(...args: Parameters<Tokenizer['decode']>): Promise<string>;
  tokenToId(token: string): Promise<number | undefined>;
  idToToken(id: number): Promise<string | undefined>;
  dispose(): void;
}

/**
 * Loads a packaged model and streams it into WebAssembly memory. Rejects with OnedgeError, or with TypeError for an
 * option that is not in LoadOptions.
 */
export function load(source: Source, options: LoadOptions & { worker: true }): Promise<WorkerModel>;
export function load(source: Source, options?: LoadOptions & { worker?: false }): Promise<Model>;
export function load(source: Source, options?: LoadOptions): Promise<Model | WorkerModel>;

export interface CachedModel {
  url: string;
  digest: string;
  bytes: number;
  etag: string | null;
  lastModified: string | null;
  /** The time, in ISO 8601. */
  saved: string;
}

export namespace caches {
  /** The models in the cache; empty in edge Workers, which cannot list their cache. */
  function list(options?: { cache?: 'auto' | Cache }): Promise<CachedModel[]>;
  /** Deletes the models that came from `url`, or all of them; resolves to their number. */
  function _delete(url?: string | URL, options?: { cache?: 'auto' | Cache }): Promise<number>;
  export { list, _delete as delete };
}

export interface Truncation {
  /** Tokens, special tokens included. */
  maxLength: number;
  strategy?: 'longest_first' | 'only_first' | 'only_second';
  /** Tokens that each further window repeats. */
  stride?: number;
  direction?: 'left' | 'right';
}

export interface Padding {
  /** Tokens; default: the longest of the batch. */
  length?: number;
  padToMultipleOf?: number;
  padId?: number;
  padTypeId?: number;
  direction?: 'left' | 'right';
}

export interface EncodeOptions {
  addSpecialTokens?: boolean;
  /** Default: the setting of tokenizer.json; false: none; a number: to this many tokens. */
  truncation?: false | number | Truncation;
  /** Default: the setting of tokenizer.json; false: none; true: to the longest; a number: to this many tokens. */
  padding?: boolean | number | Padding;
}

export interface Encoding {
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  readonly attentionMask: Uint8Array;
  readonly specialTokensMask: Uint8Array;
  /** -1 if a token belongs to no word. */
  readonly wordIds: Int32Array;
  readonly offsets: [begin: number, end: number][];
  /** The further windows of a truncated text. */
  readonly overflowing: Encoding[];
}

/** For a tokenizer in another file than tokenizer.json. */
export interface TokenizerFileOptions {
  /** merges.txt, required by a vocab.json. */
  merges?: string | ArrayBuffer | ArrayBufferView | Response | Promise<string | ArrayBuffer | Response>;
  /** For a vocab.txt; default: true. */
  lowercase?: boolean;
  /** For a vocab.json (the first three) or a sentencepiece model; default: by content. */
  family?: 'gpt2' | 'roberta' | 'clip' | 't5' | 'llama' | 'sentencepiece';
}

/** Text to token ids and back, identical to Hugging Face tokenizers with the same tokenizer.json. */
export class Tokenizer {
  private constructor();
  /**
   * From the contents of a tokenizer.json, a vocab.txt, a sentencepiece model, or a vocab.json with its merges: text,
   * bytes, a Response or parsed JSON, but not from a path or a URL. The format is detected from the content.
   */
  static from(
    source: string | ArrayBuffer | ArrayBufferView | Response | object | Promise<string | ArrayBuffer | Response>,
    options?: Pick<SessionOptions, 'wasm' | 'build'> & TokenizerFileOptions,
  ): Promise<Tokenizer>;
  readonly vocabularySize: number;
  encode(text: string, options?: EncodeOptions & { pair?: string }): Encoding;
  encodeBatch(texts: (string | [text: string, pair: string])[], options?: EncodeOptions): Encoding[];
  decode(ids: ArrayLike<number | bigint>, options?: { skipSpecialTokens?: boolean }): string;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  dispose(): void;
  [Symbol.dispose](): void;
}

export type ErrorCode =
  | 'INVALID_ARGUMENT' | 'CORRUPT_FILE' | 'NOT_FOUND' | 'UNAVAILABLE' | 'UNSUPPORTED' | 'RESOURCE_EXHAUSTED' | 'CANCELLED'
  | 'DEADLINE_EXCEEDED' | 'INTERNAL';

export class OnedgeError extends Error {
  readonly code: ErrorCode;
  /** The graph node at fault, and its operator; '' if none. */
  readonly node: string;
  readonly op: string;
}
