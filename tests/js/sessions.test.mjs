// model.session(): several sessions over one copy of the weights, here and in a worker.
import { liveHandles } from './host_state.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load, OnedgeError, Tensor } from 'onedge';

const langid = fileURLToPath(new URL('../../models/langid/langid.onedge', import.meta.url));
const build = process.env.ONEDGE_WASM;
const sentences = ['Bonjour tout le monde, comment allez-vous ?', 'Das ist ein ganz gewöhnlicher deutscher Satz.', 'Hola'];

/** The inputs of the model for one text. */
async function feedsOf(model, text) {
  const { ids, attentionMask } = await model.tokenizer.encode(text);
  const dims = [1, ids.length];
  return { input_ids: new Tensor('int64', ids, dims), attention_mask: new Tensor('int64', attentionMask, dims) };
}

for (const worker of [false, true]) {
  const where = worker ? 'in a worker' : 'here';

  test(`sessions of one model ${where} give the same bits, share its weights, and outlive it`, async () => {
    const model = await load(langid, { build, worker });
    const before = model.stats();
    const sessions = await Promise.all([model.session(), model.session(), model.session()]);
    assert.deepEqual(sessions[0].inputNames, ['input_ids', 'attention_mask']);
    assert.deepEqual(sessions[0].description, model.description);
    const feeds = await Promise.all(sentences.map((text) => feedsOf(model, text)));
    const expected = [];
    for (const one of feeds) expected.push(await model.run(one));
    const answers = await Promise.all(sessions.map((session, i) => session.run(feeds[i])));
    assert.deepEqual(answers, expected);
    assert.ok(answers[0][sessions[0].outputNames[0]] instanceof Tensor);
    const { weightBytes, wasmMemoryBytes, usedBytes } = sessions[0].stats();
    assert.equal(weightBytes, before.weightBytes);
    // Activations of four sessions, and not a second copy of the weights.
    assert.ok(usedBytes - before.usedBytes < weightBytes / 2, `${usedBytes - before.usedBytes} bytes for three sessions, weights ${weightBytes}`);
    assert.ok(wasmMemoryBytes - before.wasmMemoryBytes < weightBytes / 2);

    model.dispose();
    sessions[0].dispose();
    sessions[0].dispose();
    assert.deepEqual(await sessions[1].run(feeds[1]), expected[1]);
    await assert.rejects(sessions[0].run(feeds[0]), (error) => error instanceof OnedgeError && /this session has been disposed of/.test(error.message));
    await assert.rejects(model.session(), (error) => error instanceof OnedgeError && /this model has been disposed of/.test(error.message));
    sessions[1].dispose();
    assert.deepEqual(await sessions[2].run(feeds[2]), expected[2]);
    sessions[2].dispose();
    assert.equal(await liveHandles(), 0);
  });

  test(`errors and signals of a session ${where}`, async () => {
    const model = await load(langid, { build, worker });
    const session = await model.session();
    await assert.rejects(session.run({}), (error) => error.code === 'INVALID_ARGUMENT' && /input 'input_ids' is missing/.test(error.message));
    const feeds = await feedsOf(model, sentences[0]);
    await assert.rejects(session.run(feeds, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.deepEqual(await session.run(feeds), await model.run(feeds));
    session.dispose();
    model.dispose();
  });
}

test('1,000 sessions keep wasm memory flat', async () => {
  const model = await load(langid, { build });
  const feeds = await feedsOf(model, sentences[2]);
  const sizes = new Set();
  for (let i = 0; i < 1000; ++i) {
    const session = await model.session();
    if (i % 10 === 0) await session.run(feeds);
    if (i > 20) sizes.add(session.stats().wasmMemoryBytes);
    session.dispose();
  }
  assert.equal(sizes.size, 1);
  assert.equal(await liveHandles(), 3); // the model, its session, its tokenizer
  model.dispose();
});
