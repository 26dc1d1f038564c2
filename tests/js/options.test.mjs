// Misuse is refused by name: unknown options, ids in place of files, missing inputs.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { load, OnedgeError, Session, Tensor, Tokenizer } from 'onedge';

const digits = fileURLToPath(new URL('../../models/digits/digits.onedge', import.meta.url));
const build = process.env.ONEDGE_WASM;
const vocabulary = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello';
const isMisuse = (pattern) => (error) => error instanceof TypeError && pattern.test(error.message);
const code = (expected, pattern) => (error) => error instanceof OnedgeError && error.code === expected && pattern.test(error.message);

test('an unknown option is refused, with a suggestion', async () => {
  await assert.rejects(load(digits, { build, wroker: true }), isMisuse(/^load: unknown option 'wroker'; did you mean 'worker'\?$/));
  await assert.rejects(load(digits, { build, memory_limit: 1e6 }), isMisuse(/unknown option 'memory_limit'; did you mean 'memoryLimit'\?/));
  await assert.rejects(load(digits, { build, quality: 1 }), isMisuse(/unknown option 'quality'; expected signal, onProgress, memoryLimit, /));
  await assert.rejects(Session.create(digits, { build, worker: true }), isMisuse(/^Session.create: unknown option 'worker'; expected /));
  await assert.rejects(Tokenizer.from(vocabulary, { build, lowerCase: true }), isMisuse(/^Tokenizer.from: unknown option 'lowerCase'; did you mean 'lowercase'\?/));
  const tokenizer = await Tokenizer.from(vocabulary, { build });
  assert.throws(() => tokenizer.encode('x', { max_length: 2 }), isMisuse(/^encode: unknown option 'max_length'; expected addSpecialTokens, truncation, /));
  assert.throws(() => tokenizer.encode('x', { truncation: { max_length: 2 } }), isMisuse(/^truncation: unknown option 'max_length'; did you mean 'maxLength'\?/));
  assert.throws(() => tokenizer.encode('x', { padding: { lenght: 2 } }), isMisuse(/^padding: unknown option 'lenght'; did you mean 'length'\?/));
  assert.throws(() => tokenizer.encodeBatch(['x'], { pairs: ['y'] }), isMisuse(/^encodeBatch: unknown option 'pairs'/));
  assert.throws(() => tokenizer.decode([1], { skip_special_tokens: false }), isMisuse(/did you mean 'skipSpecialTokens'\?/));
  tokenizer.dispose();
});

test('an id of the Hugging Face Hub is refused as not supported yet', async () => {
  await assert.rejects(load('hf:Xenova/all-MiniLM-L6-v2', { build }), code('INVALID_ARGUMENT', /^hf:Xenova\/all-MiniLM-L6-v2: models of the Hugging Face Hub cannot be loaded by their id yet/));
  await assert.rejects(load('Xenova/all-MiniLM-L6-v2', { build }), code('NOT_FOUND', /no such file.*; if it is an id: models of the Hugging Face Hub cannot/));
  await assert.rejects(Session.create('Xenova/all-MiniLM-L6-v2', { build }), code('NOT_FOUND', /Hugging Face Hub/));
  for (const path of ['/nowhere/at-all', 'nowhere/model.onnx', './nowhere/model']) {
    await assert.rejects(load(path, { build }), (error) => code('NOT_FOUND', /no such file/)(error) && !/Hub/.test(error.message), path);
  }
});

test('a tokenizer is made of contents: a path or a URL is refused as what it is', async () => {
  for (const place of ['models/tokenizer.json', '/tmp/vocab.txt', 'https://example.org/tokenizer.json', new URL('https://example.org/x'), pathToFileURL('/tmp/x')]) {
    await assert.rejects(Tokenizer.from(place, { build }), isMisuse(/is a path or URL; pass what is there, such as await fetch\(url\)/), String(place));
  }
  const server = createServer((_, response) => response.end(vocabulary)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const tokenizer = await Tokenizer.from(await fetch(`http://127.0.0.1:${server.address().port}/vocab.txt`), { build });
  assert.equal(tokenizer.tokenToId('hello'), 5);
  tokenizer.dispose();
  server.close();
});

test('a run without its tensors says which are missing', async () => {
  const session = await Session.create(digits, { build });
  const [name] = session.inputNames;
  await assert.rejects(session.run(), code('INVALID_ARGUMENT', new RegExp(`input '${name}' is missing: expected float32`)));
  await assert.rejects(session.run(null), isMisuse(/^run: expected tensors by the names of their inputs, got null/));
  await assert.rejects(session.run({ [name]: [1, 2] }), isMisuse(new RegExp(`input '${name}': expected a Tensor`)));
  await assert.rejects(session.run({ [`${name}s`]: new Tensor('float32', [1]) }), code('INVALID_ARGUMENT', /is unknown/));
  session.dispose();
});
