// GET /metrics: the text is in Prometheus' format, and the numbers are right. Also: memory stays flat.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from '../../worker/prometheus.js';
import { french, get, post, state, useWorker } from './setup.mjs';

useWorker();

/** Samples by name and labels, in Prometheus' reading; refuses any other text format. */
function parse(text) {
  const samples = new Map();
  const types = new Map();
  assert.ok(text.endsWith('\n'));
  for (const line of text.trimEnd().split('\n')) {
    const comment = line.match(/^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/);
    if (comment) {
      if (comment[1] === 'TYPE') assert.ok(!types.has(comment[2]) && types.set(comment[2], comment[3]));
      continue;
    }
    const sample = line.match(/^([a-zA-Z_:][\w:]*)(\{(?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (-?[\d.e+-]+|NaN|[+-]Inf)$/);
    assert.ok(sample, `no sample: ${line}`);
    assert.ok(types.has(sample[1].replace(/_(bucket|sum|count)$/, '')) || types.has(sample[1]), `no TYPE before ${line}`);
    const key = sample[1] + (sample[2] ?? '');
    assert.ok(!samples.has(key), `twice: ${key}`);
    samples.set(key, Number(sample[3]));
  }
  return { samples, types };
}

test('counters, gauges and histograms in the text format', () => {
  const registry = new Registry();
  const counter = registry.counter('a_total', 'A\nb\\', ['x']);
  counter.add(['q"\\\n']);
  counter.add(['q"\\\n'], 2);
  registry.gauge('g', 'G', [], () => [[[], 7]]);
  const histogram = registry.histogram('h', 'H', ['r'], [1, 2]);
  for (const value of [0.5, 1, 1.5, 9]) histogram.observe(['/'], value);
  const text = String(registry);
  assert.equal(
    text,
    '# HELP a_total A\\nb\\\\\n# TYPE a_total counter\na_total{x="q\\"\\\\\\n"} 3\n# HELP g G\n# TYPE g gauge\ng 7\n# HELP h H\n# TYPE h histogram\n' +
      'h_bucket{r="/",le="1"} 2\nh_bucket{r="/",le="2"} 3\nh_bucket{r="/",le="+Inf"} 4\nh_sum{r="/"} 12\nh_count{r="/"} 4\n',
  );
  parse(text);
});

test('requests, loads, tokens, bytes and evictions are counted', async () => {
  const read = async () => parse(await (await get('tiny/metrics')).text()).samples;
  await post('tiny/embed', { model: 'embedder', inputs: ['a sad river', 'paris'] });
  await post('tiny/embed', { model: 'nothing', inputs: 'a' });
  await get('tiny/no/such/route/at/all');
  const samples = await read();
  const value = (key) => samples.get(key);
  assert.equal(value('onedge_requests_total{route="/embed",status="200"}'), 1);
  assert.equal(value('onedge_requests_total{route="/embed",status="404"}'), 1);
  assert.equal(value('onedge_requests_total{route="none",status="404"}'), 1);
  assert.equal(value('onedge_request_duration_seconds_count{route="/embed"}'), 2);
  assert.equal(value('onedge_request_duration_seconds_bucket{route="/embed",le="+Inf"}'), 2);
  assert.equal(value('onedge_model_loads_total{model="embedder",version="1.0.0",cache="none"}'), 1);
  assert.equal(value('onedge_tokens_total{model="embedder",version="1.0.0"}'), 8);
  assert.equal(value('onedge_requests_in_flight'), 1);
  assert.equal(value('onedge_memory_limit_bytes'), 96e6);
  assert.ok(value('onedge_model_used_bytes{model="embedder",version="1.0.0"}') > 1000);
  assert.ok(value('onedge_wasm_memory_bytes') > 1e6);
  assert.ok(value('onedge_store_bytes_total') > 9000);
  assert.ok(value('onedge_request_bytes_total{route="/embed"}') > 50);
  await post('tight/predict', { model: 'langid', inputs: french });
  await post('tight/predict', { model: 'large', inputs: french });
  const tight = parse(await (await get('tight/metrics')).text()).samples;
  assert.equal(tight.get('onedge_model_evictions_total{model="langid",version="1.0.0"}'), 1);
  assert.equal(tight.get('onedge_model_load_failures_total{model="large",error_type="RESOURCE_EXHAUSTED"}'), 1);
});

test('1,000 requests, sound and refused, leave no handle and no memory behind', async () => {
  const requests = [
    () => post('tiny/predict', { model: 'classifier', inputs: [['a sad river'], ['paris', 'berlin']] }),
    () => post('tiny/embed', { model: 'embedder', inputs: 'a sad river' }),
    () => post('tiny/rerank', { model: 'reranker', query: 'paris', texts: ['berlin', 'france'] }),
    () => post('tiny/tokenize', { model: 'embedder', inputs: 'a sad river' }),
    () => post('tiny/predict', { model: 'embedder', inputs: 'x' }),
    () => post('tiny/v2/models/pair/infer', { inputs: [{ name: 'in_FP32', shape: [1], datatype: 'FP32', data: [1] }] }),
    () => post('tiny/v2/models/echo-BYTES/infer', { inputs: [{ name: 'in_BYTES', shape: [1], datatype: 'BYTES', data: ['a'] }] }),
    () => get('tiny/info?model=embedder'),
    () => post('tiny/embed', '{'),
    () => get('tiny/v2/models/classifier/ready'),
  ];
  for (const request of requests) await request();
  const before = await state();
  for (let i = 0; i < 1000; i += 10) await Promise.all(requests.map((request) => request()));
  assert.deepEqual(await state(), before);
});
