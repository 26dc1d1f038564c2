// OpenAI's own client, unmodified, against the Worker's HTTP server.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import OpenAI from 'openai';
import { post, serviceUrl, useWorker } from './setup.mjs';

useWorker();

let client;
before(async () => {
  client = new OpenAI({ baseURL: `${await serviceUrl('token')}/v1`, apiKey: 'secret', maxRetries: 0 });
});
const embed = async (inputs, options = {}) =>
  (await (await post('token/embed', { model: 'embedder', inputs, ...options }, { authorization: 'Bearer secret' })).json());

test('a text and an array of texts, as base64 (which the client asks for) and as numbers', async () => {
  const texts = ['paris is the capital of france', 'a sad river'];
  const expected = await embed(texts);
  for (const encoding_format of [undefined, 'float', 'base64']) {
    const { object, data, model, usage } = await client.embeddings.create({ model: 'embedder', input: texts, encoding_format });
    assert.deepEqual([object, model, usage], ['list', 'embedder@1.0.0', { prompt_tokens: 13, total_tokens: 13 }]);
    assert.deepEqual(data.map(({ object, index }) => [object, index]), [['embedding', 0], ['embedding', 1]]);
    const vectors = data.map(({ embedding }) => (typeof embedding === 'string' ? Array.from(new Float32Array(new Uint8Array(Buffer.from(embedding, 'base64')).buffer)) : embedding));
    assert.deepEqual(vectors, expected);
  }
  const single = await client.embeddings.create({ model: 'embedder', input: texts[0] });
  assert.deepEqual(single.data[0].embedding, expected[0]);
});

test('token ids and dimensions', async () => {
  const ids = [2, 12, 7, 3];
  const [expected] = await embed(ids);
  const one = await client.embeddings.create({ model: 'embedder', input: ids });
  assert.deepEqual(one.data[0].embedding, expected);
  assert.equal(one.usage.total_tokens, 4);
  const two = await client.embeddings.create({ model: 'embedder', input: [ids, [2, 3]], dimensions: 5 });
  assert.deepEqual(two.data.map(({ embedding }) => embedding.length), [5, 5]);
});

test('errors come as the client knows them', async () => {
  await assert.rejects(client.embeddings.create({ model: 'nothing', input: 'x' }), (error) => error instanceof OpenAI.NotFoundError && /unknown model 'nothing'/.test(error.message));
  await assert.rejects(client.embeddings.create({ model: 'classifier', input: 'x' }), (error) => error instanceof OpenAI.UnprocessableEntityError && /feature-extraction/.test(error.message));
  const stranger = new OpenAI({ baseURL: `${await serviceUrl('token')}/v1`, apiKey: 'wrong', maxRetries: 0 });
  await assert.rejects(stranger.embeddings.create({ model: 'embedder', input: 'x' }), (error) => error instanceof OpenAI.AuthenticationError);
});
