// node tokenizer_contestant.mjs ENGINE MODE TOKENIZER.json TEXTS.json: one tokenizer in its own process (engine.mjs has
// the protocol). ENGINE: onedge-simd, onedge-relaxed, tokenizers, @huggingface/tokenizers. MODE: batch (all texts at
// once), first (the same by a new tokenizer, whose caches are empty), single (one by one, ids and offsets read), load
// (a tokenizer, from its compiled image if it has one) or memory (MB of a loaded one).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { instantiate } from '../../js/module.js';
import { Tokenizer } from '../../js/node.js';
import { root } from './places.mjs';

const [engine, mode, path, file] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const time = async (work) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

// {load(), batch(tokenizer, texts), single(tokenizer, text), bytes()}
async function contestant() {
  if (engine.startsWith('onedge-')) {
    const build = engine.slice('onedge-'.length);
    const options = { truncation: false, padding: false };
    const source = ['load', 'memory'].includes(mode) ? execFileSync(`${root}/build/native/tests/compile_image`, [path], { maxBuffer: 1 << 28 }) : readFileSync(path);
    const { exports } = await instantiate({ build });
    return {
      load: () => Tokenizer.from(source, { build }),
      batch: (tokenizer, texts) => tokenizer.encodeBatch(texts, options),
      single(tokenizer, text) {
        const { ids, offsets } = tokenizer.encode(text, options);
        return ids.length + offsets.length;
      },
      // Wasm memory grows by the megabyte, and a small tokenizer fits into the first few. It takes at least the size of
      // its image.
      bytes: () => exports.memoryBytes(),
      least: source.length,
    };
  }
  if (engine === 'tokenizers') {
    const { Tokenizer: Theirs } = require('tokenizers');
    return {
      load() {
        const tokenizer = Theirs.fromFile(path);
        tokenizer.disableTruncation?.();
        return tokenizer;
      },
      batch: (tokenizer, texts) => tokenizer.encodeBatch(texts),
      async single(tokenizer, text) {
        const encoding = await tokenizer.encode(text);
        return encoding.getIds().length + encoding.getOffsets().length;
      },
      bytes: () => process.memoryUsage().rss,
    };
  }
  const { Tokenizer: Theirs } = require('@huggingface/tokenizers');
  return {
    load: () => new Theirs(JSON.parse(readFileSync(path, 'utf8')), {}),
    batch: (tokenizer, texts) => texts.map((text) => tokenizer.encode(text)),
    single: (tokenizer, text) => tokenizer.encode(text).ids.length, // it has no offsets
    bytes: () => process.memoryUsage().rss,
  };
}

const theirs = await contestant();
const tokenizer = ['load', 'memory'].includes(mode) ? null : await theirs.load();
const texts = tokenizer && JSON.parse(readFileSync(file, 'utf8'));
// The milliseconds of one time, measured over a tenth of a second.
async function timeAgainAndAgain(work) {
  let total = 0, times = 0;
  for (; total < 100; ++times) total += await time(work);
  return total / times;
}
const modes = {
  batch: () => timeAgainAndAgain(() => theirs.batch(tokenizer, texts)),
  async first() {
    const fresh = await theirs.load();
    const milliseconds = await time(() => theirs.batch(fresh, texts));
    fresh.dispose?.();
    return milliseconds;
  },
  single: () =>
    timeAgainAndAgain(async () => {
      for (const text of texts) {
        const result = theirs.single(tokenizer, text);
        if (result instanceof Promise) await result;
      }
    }),
  async load() {
    let loaded;
    const milliseconds = await time(async () => (loaded = await theirs.load()));
    loaded.dispose?.();
    return milliseconds;
  },
  async memory() {
    const before = theirs.bytes();
    const loaded = await theirs.load();
    const after = theirs.bytes();
    loaded.dispose?.();
    return Math.max(after - before, theirs.least ?? 0) / 1e6;
  },
};
console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) console.log(await modes[mode]());
process.exit(0);
