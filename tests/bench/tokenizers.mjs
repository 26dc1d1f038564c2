// Workloads: texts to tokens, ids and offsets, with onedge (native, wasm) and with Hugging Face's tokenizers, the
// native binding and the JS version. One thread each. Throughput in MB of UTF-8 a second; single phrases in
// microseconds; loading in milliseconds and MB.
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { corpora, fixturesExist, tokenizerPath } from './corpora.mjs';
import { inTurns } from './engine.mjs';
import { makeUnigram } from './make_unigram.mjs';
import { NotMeasured } from './not_measured.mjs';
import { node, root } from './places.mjs';

const MAX_ROUNDS = 7; // the peer takes a second for the long document
const WARM = 2;
const PIECES = 250_000;
const environment = { RAYON_NUM_THREADS: '1', TOKENIZERS_PARALLELISM: 'false' };

const folder = mkdtempSync(`${os.tmpdir()}/onedge-bench-`);
const texts = new Map();
function textsOf(corpus) {
  if (!texts.has(corpus)) {
    const file = `${folder}/${corpus}.json`;
    const all = corpora[corpus]();
    writeFileSync(file, JSON.stringify(all));
    texts.set(corpus, { file, count: all.length, bytes: Buffer.byteLength(all.join('')) });
  }
  return texts.get(corpus);
}

const command = (engine, tokenizer, file, mode = 'batch') =>
  engine === 'onedge-native'
    ? [`${root}/build/native/tests/tokenizer_bench`, tokenizer, file, '1', ...(mode === 'first' ? [mode] : [])]
    : [node, `${root}/tests/bench/tokenizer_contestant.mjs`, engine, mode, tokenizer, file];

const targets = { 'bert-base-uncased': { native: 30, wasm: 15 }, gpt2: { native: 15, wasm: 8 }, 't5-small': { native: 15, wasm: 8 } };
const aims = { 'bert-base-uncased': 100, gpt2: 50, 't5-small': 50 };

async function* throughput(tokenizer, corpus, rounds) {
  const { file, bytes } = textsOf(corpus);
  const engines = ['onedge-native', 'onedge-simd', 'onedge-relaxed', 'tokenizers', '@huggingface/tokenizers'];
  const speeds = (await inTurns(engines.map((engine) => command(engine, tokenizerPath(tokenizer), file)), Math.min(rounds, MAX_ROUNDS), WARM, environment))
    .map((ms) => bytes / 1000 / ms);
  for (const [peer, theirs] of [['tokenizers', speeds[3]], ['@huggingface/tokenizers', speeds[4]]]) {
    for (const [i, build] of ['native', 'simd', 'relaxed'].entries()) {
      if (peer !== 'tokenizers' && build === 'native') continue;
      const host = build === 'native' ? 'native' : 'wasm';
      const target = peer === 'tokenizers' ? { target: targets[tokenizer][host], aim: host === 'native' ? aims[tokenizer] : undefined } : {};
      yield { name: `tokenizer ${tokenizer} ${corpus}`, host, build, threads: 1, ours: speeds[i], theirs, unit: 'MB/s', peer, ratio: speeds[i] / theirs, ...target };
    }
  }
}

// The first reading of texts: a new tokenizer for each run.
async function* firstReading(tokenizer, rounds) {
  const { file, bytes } = textsOf('prose');
  const engines = ['onedge-native', 'onedge-simd', 'onedge-relaxed', 'tokenizers'];
  const milliseconds = await inTurns(engines.map((engine) => command(engine, tokenizerPath(tokenizer), file, 'first')), Math.min(rounds, MAX_ROUNDS), WARM, environment);
  const [native, simd, relaxed, theirs] = milliseconds.map((ms) => bytes / 1000 / ms);
  for (const [build, ours] of Object.entries({ native, simd, relaxed })) {
    const host = build === 'native' ? 'native' : 'wasm';
    yield { name: `tokenizer ${tokenizer} prose, first reading`, host, build, threads: 1, ours, theirs, unit: 'MB/s', peer: 'tokenizers', ratio: ours / theirs, target: { native: 20, wasm: 10 }[host] };
  }
}

async function* phrases(rounds) {
  const { file, count } = textsOf('phrases');
  for (const [build, target] of [['simd', 8], ['relaxed', 8]]) {
    const commands = [`onedge-${build}`, 'tokenizers', '@huggingface/tokenizers'].map((engine) => command(engine, tokenizerPath('bert-base-uncased'), file, 'single'));
    const [ours, theirs, js] = (await inTurns(commands, Math.min(rounds, MAX_ROUNDS), WARM, environment)).map((ms) => (1000 * ms) / count);
    yield { name: 'tokenizer one phrase', host: 'wasm', build, threads: 1, ours, theirs, unit: 'us', peer: 'tokenizers', ratio: theirs / ours, limit: target };
    yield { name: 'tokenizer one phrase', host: 'wasm', build, threads: 1, ours, theirs: js, unit: 'us', peer: '@huggingface/tokenizers', ratio: js / ours };
  }
}

// Loads a tokenizer in a fresh process each time, from its compiled image; Hugging Face's from tokenizer.json.
async function* loading(rounds) {
  const unigram = `${folder}/unigram.json`;
  writeFileSync(unigram, JSON.stringify(makeUnigram(PIECES)));
  for (const [name, path, milliseconds, megabytes] of [['bert-base-uncased', tokenizerPath('bert-base-uncased'), 3, 2], ['unigram-250k', unigram, 20, 25]]) {
    for (const [mode, unit, limit] of [['load', 'ms', milliseconds], ['memory', 'MB', megabytes]]) {
      const [ours, theirs] = await inTurns(['onedge-simd', 'tokenizers'].map((engine) => command(engine, path, '', mode)), Math.min(rounds, MAX_ROUNDS), 1, environment);
      yield { name: `tokenizer ${mode} ${name}`, host: 'wasm', build: 'simd', threads: 1, ours, theirs, unit, peer: 'tokenizers', ratio: theirs / ours, limit };
    }
  }
}

/** [{name, rows(rounds)}] */
export const tokenizerWorkloads = !fixturesExist()
  ? [{ name: 'tokenizer', rows: () => { throw new NotMeasured('there are no shared fixtures'); } }]
  : [
      ...Object.keys(targets).flatMap((tokenizer) =>
        Object.keys(corpora).map((corpus) => ({ name: `tokenizer ${tokenizer} ${corpus}`, rows: (rounds) => throughput(tokenizer, corpus, rounds) })),
      ),
      ...Object.keys(targets).map((tokenizer) => ({ name: `tokenizer ${tokenizer} prose, first reading`, rows: (rounds) => firstReading(tokenizer, rounds) })),
      { name: 'tokenizer one phrase', rows: phrases },
      { name: 'tokenizer load', rows: loading },
    ];
