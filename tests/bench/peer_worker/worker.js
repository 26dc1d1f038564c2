// Loads the ONNX file in the request's body with the unchanged onnxruntime-web, and answers 'ok' or the error.
// `/plain`: as documented; `/module`: with its module compiled by workerd; `/paths`: with the addresses of its module
// and glue.
import module from '../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm';

const settings = {
  '/plain': {},
  '/module': { wasmBinary: module },
  '/paths': { wasmPaths: { wasm: 'http://worker/ort-wasm-simd-threaded.wasm', mjs: 'http://worker/ort-wasm-simd-threaded.mjs' } },
};

export default {
  async fetch(request) {
    try {
      const ort = await import('../node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs');
      Object.assign(ort.env.wasm, { numThreads: 1 }, settings[new URL(request.url).pathname]);
      await ort.InferenceSession.create(new Uint8Array(await request.arrayBuffer()), { executionProviders: ['wasm'] });
      return new Response('ok');
    } catch (error) {
      return new Response(String(error));
    }
  },
};
