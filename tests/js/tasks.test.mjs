// Every task gives the answers of transformers.js for the tiny models, through the WebAssembly module and natively,
// with any batch.
import { liveHandles } from './host_state.mjs';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { load, OnedgeError, Tensor } from 'onedge';
import { cases, pixels, SIDE } from '../tasks/cases.mjs';
import { onedge, TinyPackages } from './tiny_packages.mjs';

const build = process.env.ONEDGE_WASM;
const TOLERANCE = 1e-5; // probabilities, and vectors of length 1 or of that order; f32
const { answers: recorded } = JSON.parse(readFileSync(new URL('../tasks/transformers_js.json', import.meta.url)));
const packages = new TinyPackages();
after(() => packages.remove());

const image = { data: pixels, width: SIDE, height: SIDE, channels: 3 };
const code = (expected, pattern) => (error) => error instanceof OnedgeError && error.code === expected && pattern.test(error.message);

/** Opens the package, passes it to `use` and disposes of it. */
async function using(path, use, options) {
  const model = await load(path, { build, ...options });
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

/**
 * Checks that `actual` contains all of `expected`, numbers within the tolerance, and returns the count of numbers.
 * transformers.js joins an answer's tokens, but onedge cuts the answer from the text, so case and spaces may differ.
 */
function compare(actual, expected, path) {
  if (typeof expected === 'number') {
    assert.ok(Math.abs(actual - expected) <= TOLERANCE, `${path}: expected ${expected}, got ${actual}`);
    return 1;
  }
  if (typeof expected === 'string') {
    const plain = (text) => text.toLowerCase().replaceAll(' ', '');
    assert.equal(plain(actual), plain(expected), path);
    return 0;
  }
  if (Array.isArray(expected)) assert.equal(actual.length, expected.length, `${path}: ${JSON.stringify(actual)}`);
  return Object.keys(expected).reduce((count, key) => count + compare(actual[key], expected[key], `${path}.${key}`), 0);
}

const byScore = (answer, task) => (task === 'object-detection' ? [...answer].sort((a, b) => b.score - a.score) : answer);

/** The arguments of `onedge run` for an input. */
function argumentsOf(task, input, options) {
  const settings = Object.entries(options ?? {}).flatMap(([name, value]) => ['--option', `${name}=${JSON.stringify(value)}`]);
  if (input === image) return ['--image', packages.imageFile(pixels, SIDE, SIDE), ...settings];
  if (input.question) return ['--text', input.question, '--context', input.context, ...settings];
  const texts = [input.texts ?? input].flat().flatMap((text) => ['--text', text]);
  return [...texts, ...(input.query ? ['--query', input.query] : []), ...settings];
}

for (const { name, model, task, input = image, options, ours } of cases) {
  test(`${name}: as transformers.js`, async () => {
    const path = packages.pack(model, task);
    const expected = byScore(recorded[name], task);
    const here = await using(path, (loaded) => loaded.run(input, { ...options, ...ours }));
    assert.ok(compare(here, expected, name) > 0);
    const [first, ...more] = JSON.parse(onedge('run', path, ...argumentsOf(task, input, { ...options, ...ours }), '--json'));
    assert.ok(compare(Array.isArray(input) ? [first, ...more] : first, expected, `${name}, natively`) > 0);
  });
}

const words = 'the river in paris is a house of france and was not sad'.split(' ');
// 60 texts of 1 to 13 words, each length several times, in mixed order.
const texts = Array.from({ length: 60 }, (_, i) => Array.from({ length: ((i * 7) % 13) + 1 }, (__, j) => words[(i + j * j) % words.length]).join(' '));
const batches = [
  ['classifier', 'text-classification', texts, { top_k: 0 }],
  ['tagger', 'token-classification', texts, { ignore_labels: [] }],
  ['embedder', 'feature-extraction', texts, {}],
  ['nli', 'zero-shot-classification', texts.slice(0, 20), { candidate_labels: ['good', 'bad house', 'city'] }],
  ['filler', 'fill-mask', texts.slice(0, 20).map((text) => `${text} [MASK]`), {}],
  ['reader', 'question-answering', texts.slice(0, 20).map((context) => ({ question: 'where', context })), {}],
];

for (const [model, task, inputs, options] of batches) {
  for (const more of [[], ['--quantize', 'int8']]) {
    test(`${task}${more.length ? ', int8' : ''}: an answer has the same bits whatever the batch mates`, async () => {
      const path = packages.pack(model, task, ...more);
      await using(path, async (loaded) => {
        const together = await loaded.run(inputs, options);
        assert.equal(together.length, inputs.length);
        for (const [i, input] of inputs.entries()) assert.deepEqual(await loaded.run(input, options), together[i], `input ${i}`);
        assert.deepEqual(await loaded.run(inputs.slice(5, 12), options), together.slice(5, 12));
      });
      if (task === 'question-answering') return;
      const settings = Object.entries(options).flatMap(([name, value]) => ['--option', `${name}=${JSON.stringify(value)}`]);
      const natively = (list) => JSON.parse(onedge('run', path, ...list.flatMap((text) => ['--text', text]), ...settings, '--json'));
      const together = natively(inputs);
      for (const i of [0, 3, 7, 13, 19]) assert.deepEqual(natively([inputs[i]])[0], together[i], `natively, input ${i}`);
    });
  }
}

test('offsets are those of JS strings, and groups have the text’s own words', async () => {
  const text = '𝔘 PARIS é the River';
  await using(packages.pack('tagger', 'token-classification'), async (model) => {
    const tokens = await model.run(text, { ignore_labels: [] });
    assert.equal(text.slice(tokens.at(-1).start, tokens.at(-1).end), 'River');
    for (const strategy of ['simple', 'first', 'average', 'max']) {
      const groups = await model.run(text, { aggregationStrategy: strategy, ignoreLabels: [] });
      assert.ok(groups.length > 0);
      for (const { start, end, word } of groups) assert.equal(text.slice(start, end), word);
    }
  });
  await using(packages.pack('reader', 'question-answering'), async (model) => {
    const answers = await model.run({ question: 'where', context: text }, { top_k: 5 });
    assert.equal(answers.length, 5);
    for (const { start, end, answer } of answers) assert.equal(text.slice(start, end), answer);
  });
});

test('question-answering looks through all of a long context', async () => {
  const context = `${'the house of france was good . '.repeat(60)}berlin`;
  const question = 'where is the house';
  await using(packages.pack('reader', 'question-answering'), async (model) => {
    const [best] = await model.run({ question, context }, { top_k: 1 });
    assert.equal(context.slice(best.start, best.end), best.answer);
    // The answers of every window are found, also those at the very end.
    const all = await model.run({ question, context }, { top_k: 0 });
    assert.ok(all.some(({ end }) => end === context.length));
    assert.ok(all.length > 500 && all.every(({ score }, i) => i === 0 || score <= all[i - 1].score));
    assert.equal(new Set(all.map(({ start, end }) => `${start}-${end}`)).size, all.length);
    const strided = await model.run({ question, context }, { top_k: 3, doc_stride: 8, max_length: 24 });
    assert.equal(strided.length, 3);
    const none = await model.run({ question, context: 'berlin' }, { handle_impossible_answer: true, top_k: 0 });
    assert.deepEqual(none.filter(({ answer }) => answer === '').map(({ start, end }) => [start, end]), [[0, 0]]);
    for (const length of (await model.run({ question, context }, { max_answer_len: 1, align_to_words: false, top_k: 0 })).map(({ answer }) => answer.split(' ').length)) {
      assert.equal(length, 1);
    }
    await assert.rejects(model.run({ question, context }, { max_length: 7 }), code('INVALID_ARGUMENT', /no room for the context/));
    await assert.rejects(model.run({ question, context }, { max_length: 24, doc_stride: 20 }), code('INVALID_ARGUMENT', /'doc_stride': expected less than/));
  });
});

test('pairs are an object or, in a batch, two texts', async () => {
  await using(packages.pack('nli', 'text-classification'), async (model) => {
    const pair = await model.run({ text: 'the river', text_pair: 'the house' }, { topK: 0 });
    assert.deepEqual(await model.run([['the river', 'the house'], 'sad'], { topK: 0 }), [pair, await model.run('sad', { topK: 0 })]);
    assert.notDeepEqual(pair, await model.run('the river', { topK: 0 }));
  });
});

test('token ids run as they are, and too many of them are an error unless truncation is asked for', async () => {
  await using(packages.pack('classifier', 'text-classification'), async (model) => {
    const all = { topK: 0 };
    const { ids } = model.tokenizer.encode('the river in Paris');
    const answer = await model.run('the river in Paris', all);
    assert.ok(ids instanceof Int32Array);
    assert.deepEqual(await model.run({ ids }, all), answer);
    assert.deepEqual(await model.run([{ ids: [...ids] }, 'sad'], all), [answer, await model.run('sad', all)]);
    await assert.rejects(model.run({ ids }, { maxLength: 4 }), code('RESOURCE_EXHAUSTED', /at most 4 tokens, got 6; the option truncation: true/));
    assert.deepEqual(await model.run({ ids }, { ...all, maxLength: 4, truncation: true }), await model.run({ ids: ids.slice(0, 4) }, all));
    assert.deepEqual(await model.run({ ids }, { ...all, maxLength: 4, truncation: true, truncation_side: 'left' }), await model.run({ ids: ids.slice(2) }, all));
    await assert.rejects(model.run('the river in Paris', { maxLength: 4, truncation: false }), code('RESOURCE_EXHAUSTED', /the option truncation: true/));
  });
});

test('calls of a task at the same time each give their own answers, and one that is aborted while it waits gives none', async () => {
  await using(packages.pack('embedder', 'feature-extraction'), async (model) => {
    const parts = [texts, texts.toReversed(), texts.slice(7).concat(texts)];
    const expected = [];
    for (const part of parts) expected.push(await model.run(part));
    const controller = new AbortController();
    const runs = parts.map((part) => model.run(part));
    const aborted = assert.rejects(model.run(texts, { signal: controller.signal }), { name: 'AbortError' });
    controller.abort();
    await aborted;
    assert.deepEqual(await Promise.all(runs), expected);
  });
});

test('vectors: pooling, dimensions, similarity', async () => {
  await using(packages.pack('embedder', 'feature-extraction'), async (model) => {
    const rows = await model.run('the river', { pooling: 'none', normalize: false });
    assert.deepEqual([rows.length, rows[0].length], [4, 16]);
    const pooled = (pooling) => model.run('the river', { pooling, normalize: false });
    assert.deepEqual(await pooled('cls'), rows[0]);
    assert.deepEqual(await pooled('last_token'), rows[3]);
    assert.deepEqual(await pooled('max'), Float32Array.from(rows[0], (_, d) => Math.max(...rows.map((row) => row[d]))));
    const short = await model.run('the river', { dimensions: 5 });
    const long = await model.run('the river');
    const length = Math.hypot(...long.slice(0, 5));
    assert.equal(short.length, 5);
    short.forEach((value, d) => assert.ok(Math.abs(value - long[d] / length) < 1e-6));
    const input = { source_sentence: 'paris', sentences: ['berlin', 'paris', 'a sad house'] };
    const similar = await model.run(input, { task: 'sentence-similarity' });
    const [query, ...vectors] = await model.run([input.source_sentence, ...input.sentences]);
    assert.deepEqual(similar[0], { index: 1, score: 1 });
    for (const { index, score } of similar) {
      assert.ok(Math.abs(score - query.reduce((sum, value, d) => sum + value * vectors[index][d], 0)) < 1e-6);
    }
    assert.equal((await model.run(input, { task: 'sentence-similarity', topK: 2 })).length, 2);
    await assert.rejects(model.run('x', { dimensions: 17 }), code('INVALID_ARGUMENT', /dimensions: expected 1 to 16, got 17/));
  });
});

test('fill-mask among targets', async () => {
  await using(packages.pack('filler', 'fill-mask'), async (model) => {
    const all = await model.run('the [MASK]', { top_k: 0 });
    const some = await model.run('the [MASK]', { targets: ['berlin', 'Paris'] });
    assert.deepEqual(some, all.filter(({ token_str: token }) => token === 'berlin' || token === 'paris'));
    await assert.rejects(model.run('the [MASK]', { targets: ['berlin germany'] }), code('INVALID_ARGUMENT', /is 2 tokens/));
  });
});

test('what is odd or wrong gives a defined answer or a clear error', async () => {
  const invalid = (pattern) => code('INVALID_ARGUMENT', pattern);
  await using(packages.pack('classifier', 'text-classification'), async (model) => {
    assert.equal((await model.run('x', { topK: 1e9 })).length, 3);
    for (const empty of ['', ' \t\n', { text: '' }]) await assert.rejects(model.run(empty), invalid(/the text has no tokens/));
    await assert.rejects(model.run(['x', '']), invalid(/input 1: the text has no tokens/));
    await assert.rejects(model.run({}), invalid(/expected a text/));
    await assert.rejects(model.run({ question: 'x', context: 'y' }), invalid(/expected a text or \{text, text_pair\}, got \{question, context\}/));
    assert.deepEqual(await model.run([]), []);
    assert.equal((await model.run('x', { top_k: null })).length, 3);
    assert.equal((await model.run('sad '.repeat(10_000))).length, 1); // cut to the model's 64 tokens
    assert.equal((await model.run('\ud800 x')).length, 1);
    await assert.rejects(model.run('x', { topK: -1 }), invalid(/'topK': expected a whole number/));
    await assert.rejects(model.run('x', { topK: 'all' }), invalid(/'topK': expected a whole number/));
    await assert.rejects(model.run('x', { pooling: 'mean' }), invalid(/'pooling' is not a setting of text-classification/));
    await assert.rejects(model.run('x', { function_to_apply: 'argmax' }), invalid(/expected default softmax sigmoid none/));
    await assert.rejects(model.run({ txet: 'x' }), invalid(/'txet': no task has such an input/));
    await assert.rejects(model.run({ text: 7 }), invalid(/'text': expected a text/));
    await assert.rejects(model.run(['x', { text: null }]), invalid(/input 1: 'text': expected a text/));
    await assert.rejects(model.run([['a', 'b', 'c']]), invalid(/expected a text, got array/));
    await assert.rejects(model.run('x', { task: 'dance' }), code('UNSUPPORTED', /'dance'/));
    await assert.rejects(model.run('x', { task: 'image-classification' }), code('UNSUPPORTED', /float32 image/));
    await assert.rejects(model.run(image, { task: 'image-classification' }), code('UNSUPPORTED', /float32 image/));
    await assert.rejects(model.run('x', { task: 'zero-shot-classification', candidate_labels: ['a'] }), invalid(/label 'entailment'/));
    await assert.rejects(model.run({ query: 'x', texts: ['y'] }, { task: 'text-ranking' }), invalid(/gives 3 scores for a text; expected 1/));
    await assert.rejects(model.run(image), invalid(/text-classification takes texts/));
    await assert.rejects(model.run(7), TypeError);
    await assert.rejects(model.run([null]), TypeError);
  });
  await using(packages.pack('nli', 'zero-shot-classification'), async (model) => {
    await assert.rejects(model.run('x'), invalid(/'candidate_labels': expected at least one/));
    await assert.rejects(model.run('x', { candidate_labels: [] }), invalid(/'candidate_labels': expected at least one/));
    await assert.rejects(model.run('x', { candidate_labels: 'a', hypothesis_template: 'none' }), invalid(/expected \{\}/));
  });
  await using(packages.pack('reader', 'question-answering'), async (model) => {
    await assert.rejects(model.run({ question: '', context: 'paris' }), invalid(/the question has no tokens/));
    assert.deepEqual(await model.run({ question: 'where', context: '' }), []);
    await assert.rejects(model.run('where'), invalid(/expected \{question, context\}, got a text/));
  });
  await using(packages.pack('filler', 'fill-mask'), async (model) => {
    await assert.rejects(model.run('no mask here'), invalid(/the text has no mask token '\[MASK\]'/));
    await assert.rejects(model.run('[MASK]', { mask_token: '<nothing>' }), invalid(/no token '<nothing>'/));
  });
  await using(packages.pack('ranker', 'text-ranking'), async (model) => {
    assert.deepEqual(await model.run({ query: 'x', texts: [] }), []);
    assert.equal((await model.run({ query: 'x', texts: [''] })).length, 1);
    await assert.rejects(model.run({ query: '', texts: ['x'] }), invalid(/the query has no tokens/));
    await assert.rejects(model.run({ source_sentence: 'x', sentences: [] }), invalid(/expected \{query, texts\}, got \{source_sentence, sentences\}/));
  });
  await using(packages.pack('vision', 'image-classification'), async (model) => {
    await assert.rejects(model.run('a text'), invalid(/image-classification takes images/));
    await assert.rejects(model.run({ ...image, width: 7 }), invalid(/7 x 8 x 3 needs 168 bytes, got 192/));
    await assert.rejects(model.run({ ...image, width: 0 }), invalid(/an image with a width/));
    assert.deepEqual(await model.run([image, image]), [await model.run(image), await model.run(image)]);
  });
});

test('a worker gives the same answers', async () => {
  for (const name of ['groups', 'answer', 'embed every token', 'zero-shot', 'rank', 'objects']) {
    const { model, task, input = image, options } = cases.find((one) => one.name === name);
    const path = packages.pack(model, task);
    const expected = await using(path, (loaded) => loaded.run(input, options));
    assert.deepEqual(await using(path, (loaded) => loaded.run(input, options), { worker: true }), expected, name);
  }
});

test('a package without a task takes tensors, here and in a worker', async () => {
  const path = packages.pack('vision', 'tensors');
  const feeds = { pixel_values: new Tensor('float32', new Float32Array(192).fill(0.5), [1, 3, 8, 8]) };
  const { logits } = await using(path, (model) => model.run(feeds));
  assert.deepEqual([logits instanceof Tensor, logits.dims], [true, [1, 3]]);
  const [other] = await using(path, (model) => model.run([feeds]), { worker: true });
  assert.ok(other.logits instanceof Tensor);
  assert.deepEqual(other.logits, logits);
  await using(path, (model) => assert.rejects(model.run('text'), code('UNSUPPORTED', /takes no texts or images/)));
});

test('a batch stops between its parts when the signal says so', async () => {
  await using(packages.pack('classifier', 'text-classification'), async (model) => {
    const many = Array.from({ length: 20_000 }, (_, i) => texts[i % texts.length]);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    await assert.rejects(model.run(many, { signal: controller.signal }), { name: 'AbortError' });
    assert.equal((await model.run('x')).length, 1);
    // Simultaneous runs do not disturb each other.
    const [a, b] = await Promise.all([model.run(many.slice(0, 2000)), model.run(many.slice(1, 2001))]);
    assert.deepEqual(a.slice(1), b.slice(0, 1999));
    await assert.rejects(model.run(many, { cancelled: () => true }), code('CANCELLED', /./));
  });
  assert.equal(await liveHandles(), 0);
});
