// The text routes, compared with the same models in Node and with arithmetic in double precision.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load, Session, Tensor } from 'onedge';
import { files } from './models.mjs';
import { french, langidPath, post, serviceUrl, useWorker } from './setup.mjs';

useWorker();

const TOLERANCE = 1e-5; // f32: workerd has relaxed SIMD, which fuses multiply and add; this Node may not have it
const LONG = 'the capital city of france is paris and the capital city of germany is berlin and this is a sentence';
const reference = {};
before(async () => {
  for (const name of ['classifier-1', 'embedder', 'reranker']) {
    reference[name] = { model: await load(files[`${name}.onedge`]), session: await Session.create(files[`${name}.onedge`]) };
  }
});
after(() => Object.values(reference).forEach(({ model, session }) => (model.dispose(), session.dispose())));

const json = async (path, body) => {
  const response = await post(path, body);
  const answer = await response.json();
  assert.equal(response.status, 200, answer.error);
  return answer;
};
const refused = async (path, body, status, pattern) => {
  const response = await post(path, body);
  assert.match((await response.json()).error, pattern);
  assert.equal(response.status, status);
};
const close = (actual, expected) => {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) <= TOLERANCE, `${i}: expected ${expected[i]}, got ${value}`));
};

/** The first output for a text or [text, pair]: float32 */
async function outputOf(name, input, options = {}) {
  const { model, session } = reference[name];
  const [{ ids, attentionMask, typeIds }] = model.tokenizer.encodeBatch([input], { truncation: { maxLength: 12, ...options }, padding: false });
  const feed = (values) => new Tensor('int64', values, [1, ids.length]);
  const outputs = await session.run({ input_ids: feed(ids), attention_mask: feed(attentionMask), token_type_ids: feed(typeIds) });
  return Object.values(outputs)[0];
}
const softmax = (logits) => {
  const exponentials = Array.from(logits, Math.exp);
  return exponentials.map((one) => one / exponentials.reduce((a, b) => a + b));
};
const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));
const unit = (vector) => vector.map((value) => value / Math.hypot(...vector));
/** The mean of the token vectors, in double. */
function meanOf({ data, dims: [, tokens, dim] }) {
  return Array.from({ length: dim }, (_, d) => Array.from({ length: tokens }, (_, t) => data[t * dim + d]).reduce((a, b) => a + b) / tokens);
}

test('/predict: one text, a batch, and the shipped model as in Node', async () => {
  const node = await load(langidPath);
  const [expected] = await node.run([french], { topK: 0 });
  node.dispose();
  const single = await json('tiny/predict', { model: 'langid', inputs: french });
  assert.deepEqual(single.map(({ label }) => label), expected.map(({ label }) => label));
  close(single.map(({ score }) => score), expected.map(({ score }) => score));
  const batch = await json('tiny/predict', { model: 'langid', inputs: [[french], ['Guten Morgen, wie geht es Ihnen heute?']] });
  assert.deepEqual(batch.map(([best]) => best.label), ['fr', 'de']);
  assert.deepEqual(batch[0], single);
  assert.deepEqual(await json('tiny/predict', { model: 'langid', inputs: [french] }), single, 'a flat array of one text is that text');
});

test('/predict: pairs, raw scores', async () => {
  const pair = ['the house is good', 'the river is bad'];
  const { data: logits } = await outputOf('classifier-1', pair);
  const labels = ['sad', 'happy', 'neutral'];
  const check = (ranking, expected) => {
    assert.deepEqual(ranking.map(({ score }) => score), ranking.map(({ score }) => score).sort((a, b) => b - a));
    close(labels.map((label) => ranking.find((one) => one.label === label).score), Array.from(expected));
  };
  check(await json('tiny/predict', { model: 'classifier', inputs: pair }), softmax(logits));
  check(await json('tiny/predict', { model: 'classifier', inputs: pair, raw_scores: true }), logits);
  const mixed = await json('tiny/predict', { model: 'classifier', inputs: [pair, ['the house is good']] });
  check(mixed[0], softmax(logits));
  check(mixed[1], softmax((await outputOf('classifier-1', 'the house is good')).data));
  await refused('tiny/predict', { model: 'classifier', inputs: ['a', 'b', 'c'] }, 422, /a text, a pair, or an array/);
  await refused('tiny/predict', { model: 'classifier', inputs: [['a', 'b', 'c']] }, 422, /a text, a pair/);
});

test('/predict: an empty text is an error; a flat pair is an error if the model does not tell its texts apart', async () => {
  await refused('tiny/predict', { model: 'classifier', inputs: '' }, 422, /has no tokens/);
  await refused('tiny/predict', { model: 'classifier', inputs: [['a'], [' ']] }, 422, /input 1: the text has no tokens/);
  await refused('tiny/embed', { model: 'embedder', inputs: ['a', ''] }, 422, /input 1: the text has no tokens/);
  await refused('tiny/rerank', { model: 'reranker', query: '', texts: ['a'] }, 422, /the query has no tokens/);
  await refused('tiny/predict', { model: 'untyped', inputs: ['paris', 'a sad river'] }, 422, /is one pair, and model 'untyped' does not tell .* \[\[text\], \[text\]\]/);
  assert.equal((await json('tiny/predict', { model: 'untyped', inputs: [['paris'], ['a sad river']] })).length, 2);
  assert.equal((await json('tiny/predict', { model: 'untyped', inputs: [['paris', 'a sad river']] })).length, 1);
});

test('as the tasks of load(): fixed lengths are padded, pooling none, softmax over one label, NaN', async () => {
  for (const name of ['fixed', 'every-token']) {
    const model = await load(files[`${name}.onedge`]);
    const expected = await model.run('a sad river', { normalize: true });
    model.dispose();
    const [vectors] = await json('tiny/embed', { model: name, inputs: 'a sad river' });
    close(vectors.flat(), name === 'fixed' ? Array.from(expected) : expected.flatMap((vector) => Array.from(vector)));
  }
  await refused('tiny/v1/embeddings', { model: 'every-token', input: 'a' }, 422, /pooling 'none'/);
  assert.deepEqual(await json('tiny/predict', { model: 'one-label', inputs: 'a sad river' }), [{ label: 'relevance', score: 1 }]);
  await refused('tiny/predict', { model: 'broken', inputs: 'a sad river' }, 422, /the model's output holds NaN/);
});

test('/predict: images, as load({fallback}) sends them', async () => {
  const image = { data: new Uint8Array(64).fill(200), width: 8, height: 8, channels: 1 };
  const node = await load(readFileSync(fileURLToPath(new URL('../../models/digits/digits.onedge', import.meta.url))));
  const expected = await node.run(image, { topK: 0 });
  node.dispose();
  const sent = { pixels: Buffer.from(image.data).toString('base64'), width: 8, height: 8, channels: 1 };
  const [answer] = await json('tiny/predict', { model: 'digits', inputs: [[sent]], truncate: true });
  assert.deepEqual(answer.map(({ label }) => label), expected.map(({ label }) => label));
  close(answer.map(({ score }) => score), expected.map(({ score }) => score));
  await refused('tiny/predict', { model: 'digits', inputs: [[{ ...sent, width: 9 }]] }, 422, /expected 9 x 8 x 1 bytes of pixels, got 64/);
});

test('load({ fallback }) of this package is answered: labels, vectors, long texts', async () => {
  const fallback = await serviceUrl('tiny');
  const remote = await load(langidPath.replace('langid-int8', 'langid'), { memoryLimit: 1e6, fallback });
  assert.equal(remote.stats().build, 'server');
  const local = await load(langidPath);
  for (const text of [french, french.repeat(40)]) {
    const [answer, expected] = [await remote.run(text, { topK: 3 }), await local.run(text, { topK: 3 })];
    assert.deepEqual(answer.map(({ label }) => label), expected.map(({ label }) => label));
    close(answer.map(({ score }) => score), expected.map(({ score }) => score));
  }
  local.dispose();
  assert.deepEqual((await remote.run(['Guten Morgen, wie geht es Ihnen?', french])).map(([best]) => best.label), ['de', 'fr']);
});

test('truncation: refused unless asked for, and from the side that is asked for', async () => {
  await refused('tiny/predict', { model: 'classifier', inputs: LONG }, 413, /at most 12 tokens, got 22; "truncate": true/);
  for (const direction of ['left', 'right', 'Left']) {
    const answer = await json('tiny/predict', { model: 'classifier', inputs: LONG, truncate: true, truncation_direction: direction, raw_scores: true });
    const { data } = await outputOf('classifier-1', LONG, { direction: direction.toLowerCase() });
    close(answer.map(({ score }) => score), Array.from(data).sort((a, b) => b - a));
  }
  await refused('tiny/embed', { model: 'cutter', inputs: LONG }, 413, /at most 8 tokens, got 22/);
  assert.equal((await json('tiny/embed_all', { model: 'cutter', inputs: LONG, truncate: true }))[0].length, 8);
  await refused('tiny/predict', { model: 'classifier', inputs: LONG, truncate: 1 }, 422, /truncate: expected true or false/);
  await refused('tiny/predict', { model: 'classifier', inputs: LONG, truncation_direction: 'up' }, 422, /left or right/);
});

test('/embed: normalized or not, cut to dimensions, from texts and from ids', async () => {
  const texts = ['paris is the capital of france', 'a sad river'];
  const means = await Promise.all(texts.map(async (text) => meanOf(await outputOf('embedder', text))));
  const vectors = await json('tiny/embed', { model: 'embedder', inputs: texts });
  vectors.forEach((vector, i) => close(vector, unit(means[i])));
  close(vectors[0], Array.from(await reference.embedder.model.run(texts[0])));
  const [plain] = await json('tiny/embed', { model: 'embedder', inputs: texts[0], normalize: false });
  close(plain, means[0]);
  const [short] = await json('tiny/embed', { model: 'embedder', inputs: texts[0], dimensions: 4 });
  close(short, unit(means[0].slice(0, 4)));
  const ids = Array.from(reference.embedder.model.tokenizer.encode(texts[0]).ids);
  assert.deepEqual(await json('tiny/embed', { model: 'embedder', inputs: ids }), [vectors[0]]);
  assert.deepEqual(await json('tiny/embed', { model: 'embedder', inputs: [ids, texts[1]] }), vectors);
  await refused('tiny/embed', { model: 'embedder', inputs: texts, dimensions: 17 }, 422, /dimensions: expected 1 to 16, got 17/);
  await refused('tiny/embed', { model: 'embedder', inputs: [9999] }, 422, /token ids from 0/);
  await refused('tiny/embed', { model: 'embedder', inputs: texts, prompt_name: 'query' }, 422, /prompt_name/);
  await refused('tiny/embed', { model: 'classifier', inputs: texts }, 422, /not 'feature-extraction'/);
});

test('/embed: an answer does not depend on what else is in the batch', async () => {
  const inputs = Array.from({ length: 40 }, (_, i) => (i % 2 ? 'a sad river' : 'paris is the capital city of france'));
  const batch = await json('tiny/embed', { model: 'embedder', inputs });
  const [alone] = await json('tiny/embed', { model: 'embedder', inputs: 'a sad river' });
  batch.forEach((vector, i) => i % 2 && assert.deepEqual(vector, alone));
});

test('/embed_all: the vector of each token', async () => {
  const { data, dims } = await outputOf('embedder', 'a sad river');
  const [tokens] = await json('tiny/embed_all', { model: 'embedder', inputs: 'a sad river' });
  assert.deepEqual([tokens.length, tokens[0].length], [dims[1], dims[2]]);
  close(tokens.flat(), Array.from(data));
});

test('/rerank: best first, scores or logits, with the texts', async () => {
  const query = 'what is the capital ?';
  const texts = ['paris', 'a sad river', 'berlin is in germany'];
  const logits = await Promise.all(texts.map(async (text) => (await outputOf('reranker', [query, text])).data[0]));
  const order = texts.map((_, i) => i).sort((a, b) => logits[b] - logits[a]);
  const ranks = await json('tiny/rerank', { model: 'reranker', query, texts });
  assert.deepEqual(ranks.map(({ index }) => index), order);
  close(ranks.map(({ score }) => score), order.map((i) => sigmoid(logits[i])));
  assert.ok(!('text' in ranks[0]));
  const raw = await json('tiny/rerank', { model: 'reranker', query, texts, raw_scores: true, return_text: true });
  close(raw.map(({ score }) => score), order.map((i) => logits[i]));
  assert.deepEqual(raw.map(({ text }) => text), order.map((i) => texts[i]));
  await refused('tiny/rerank', { model: 'reranker', query, texts: [] }, 422, /texts: expected/);
  await refused('tiny/rerank', { model: 'reranker', texts }, 422, /query: expected a text/);
  await refused('tiny/rerank', { model: 'classifier', query, texts }, 422, /cross-encoder, which gives one score/);
  await refused('tiny/rerank', { model: 'reranker', query, texts: [`${LONG}`] }, 413, /truncate/);
  assert.equal((await json('tiny/rerank', { model: 'reranker', query, texts: [LONG], truncate: true })).length, 1);
});

test('/tokenize and /decode', async () => {
  const tokens = await json('tiny/tokenize', { model: 'embedder', inputs: 'Paris, äöü €🙂 wheres' });
  const id = (token) => reference.embedder.model.tokenizer.tokenToId(token);
  assert.deepEqual(tokens, [[
    { id: id('[CLS]'), text: '[CLS]', special: true, start: null, stop: null },
    { id: id('paris'), text: 'Paris', special: false, start: 0, stop: 5 },
    { id: id(','), text: ',', special: false, start: 5, stop: 6 },
    { id: id('[UNK]'), text: 'äöü', special: false, start: 7, stop: 13 },
    { id: id('[UNK]'), text: '€🙂', special: false, start: 14, stop: 21 },
    { id: id('where'), text: 'where', special: false, start: 22, stop: 27 },
    { id: id('##s'), text: 's', special: false, start: 27, stop: 28 },
    { id: id('[SEP]'), text: '[SEP]', special: true, start: null, stop: null },
  ]]);
  const two = await json('tiny/tokenize', { model: 'embedder', inputs: ['paris', 'berlin france'], add_special_tokens: false });
  assert.deepEqual(two.map((one) => one.map(({ text }) => text)), [['paris'], ['berlin', 'france']]);
  const ids = tokens[0].map((token) => token.id);
  assert.deepEqual(await json('tiny/decode', { model: 'embedder', ids: [id('paris'), id('.')] }), ['paris.']);
  assert.deepEqual(await json('tiny/decode', { model: 'embedder', ids: [[id('[CLS]'), id('paris')], [id('berlin')]], skip_special_tokens: false }), ['[CLS] paris', 'berlin']);
  assert.equal((await json('tiny/decode', { model: 'embedder', ids }))[0].includes('[CLS]'), false);
  await refused('tiny/decode', { model: 'embedder', ids: ['paris'] }, 422, /ids: expected/);
  await refused('tiny/tokenize', { model: 'pair', inputs: 'x' }, 422, /no tokenizer/);
});
