// The numbers of GET /metrics, of this isolate since its start; each isolate counts separately.
import { Registry } from './prometheus.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * @param {{live: () => object[], inFlight: () => number, memoryLimit: number}} state read with each request for metrics
 */
export function createMetrics({ live, inFlight, memoryLimit }) {
  const registry = new Registry();
  const stats = () => live().map(({ name, version, model }) => [[name, version], model.stats()]);
  registry.gauge('onedge_requests_in_flight', 'Requests that have no answer yet', [], () => [[[], inFlight()]]);
  registry.gauge('onedge_memory_limit_bytes', 'What all models together may take', [], () => [[[], memoryLimit]]);
  registry.gauge('onedge_wasm_memory_bytes', 'The WebAssembly memory, which never shrinks', [], () => stats().slice(0, 1).map(([, { wasmMemoryBytes }]) => [[], wasmMemoryBytes]));
  registry.gauge('onedge_model_used_bytes', 'Weights, tokenizer and activations of a model that is loaded', ['model', 'version'], () =>
    stats().map(([labels, { usedBytes }]) => [labels, usedBytes]),
  );
  return {
    requests: registry.counter('onedge_requests_total', 'Answers', ['route', 'status']),
    seconds: registry.histogram('onedge_request_duration_seconds', 'From the request to its answer', ['route'], SECONDS),
    runSeconds: registry.histogram('onedge_run_duration_seconds', 'Runs of a model for one request', ['model', 'version'], SECONDS),
    tokens: registry.counter('onedge_tokens_total', 'Tokens that models were run on', ['model', 'version']),
    receivedBytes: registry.counter('onedge_request_bytes_total', 'Bytes in the bodies of requests', ['route']),
    loads: registry.counter('onedge_model_loads_total', 'Models loaded; cache: hit, stored or none', ['model', 'version', 'cache']),
    loadFailures: registry.counter('onedge_model_load_failures_total', 'Loads that failed', ['model', 'error_type']),
    loadSeconds: registry.histogram('onedge_model_load_duration_seconds', 'Loads that succeeded', ['model'], SECONDS),
    storeBytes: registry.counter('onedge_store_bytes_total', 'Bytes read from the store'),
    evictions: registry.counter('onedge_model_evictions_total', 'Models that went to make room', ['model', 'version']),
    fallbacks: registry.counter('onedge_fallbacks_total', 'Requests passed on to the fallback server', ['route']),
    toString: () => registry.toString(),
  };
}
