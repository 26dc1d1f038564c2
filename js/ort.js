// onedge/ort: the interface of onnxruntime-common (InferenceSession, Tensor, env), run by onedge. onedge registers
// itself as the backend for WebAssembly. docs/browser.md describes transformers.js on it.
import { Session, Tensor as OnedgeTensor } from 'onedge';
import * as common from 'onnxruntime-common';

const { registerBackend, Tensor } = common;

const PRIORITY = 1000; // above onnxruntime-web's own, if that is loaded too

const backend = {
  init: async () => {},
  /**
   * `options.onedge` holds further options of Session.create; externalData: file names, which are also URLs, or {path,
   * data}.
   */
  async createInferenceSessionHandler(source, { externalData = [], onedge } = {}) {
    const files = externalData.map((file) => (typeof file === 'string' ? [file, file] : [file.path, file.data]));
    const beside = files.length > 0 && { externalData: Object.fromEntries(files) };
    const { numThreads } = common.env.wasm; // undefined, or 0: as many as suit
    const threads = numThreads > 0 ? Math.min(numThreads, 64) : 'auto';
    return new Handler(await Session.create(source, { cache: false, threads, ...beside, ...onedge }));
  },
};
for (const name of ['wasm', 'cpu']) registerBackend(name, backend, PRIORITY);

class Handler {
  #session;

  constructor(session) {
    this.#session = session;
    const { inputs, outputs } = session.description.signature;
    this.inputMetadata = inputs.map(metadataOf);
    this.outputMetadata = outputs.map(metadataOf);
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
  }

  async run(feeds, fetches, { signal } = {}) {
    const inputs = Object.fromEntries(this.inputNames.map((name) => [name, fromOrt(feeds[name])]));
    const outputs = await this.#session.run(inputs, { signal });
    return Object.fromEntries(Object.keys(fetches).map((name) => [name, toOrt(outputs[name], fetches[name])]));
  }

  async dispose() {
    this.#session.dispose();
  }
  startProfiling() {}
  endProfiling() {}
}

const metadataOf = ({ name, dtype, shape }) => ({
  name,
  isTensor: true,
  type: dtype,
  shape: (shape ?? []).map((dim, i) => dim ?? `${name}_${i}`),
});

// float16 may come as the engine's own Float16Array; its bits are used.
function fromOrt({ type, data, dims }) {
  const bits = type === 'float16' && !(data instanceof Uint16Array);
  return new OnedgeTensor(type, bits ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data, dims);
}

/** Copies into the caller's own tensor, if given. */
function toOrt({ dtype, data, dims }, target) {
  const tensor = new Tensor(dtype, data, dims);
  if (!target) return tensor;
  if (target.size !== tensor.size || target.type !== tensor.type) {
    throw new TypeError(`fetches: expected ${tensor.type} [${tensor.dims}], got ${target.type} [${target.dims}]`);
  }
  target.data.set(tensor.data);
  return target;
}

export * from 'onnxruntime-common';
export default common;
