// Provokes the errors that users meet, and looks up each message and code in docs/troubleshooting.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load, Session, Tensor, Tokenizer } from 'onedge';
import { OnnxWriter } from '../ort/onnx_writer.mjs';

const pathOf = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const digits = readFileSync(pathOf('models/digits/digits.onedge'));
const langid = readFileSync(pathOf('models/langid/langid-int8.onedge'));

// The page's rows: [pattern of the message, the text of the first cell].
const rows = readFileSync(pathOf('docs/troubleshooting.md'), 'utf8').split('\n').flatMap((line) => {
  const [, cell] = line.match(/^\| (.*?) \| /) ?? [];
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => [new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*')}$`, 's'), cell]);
});

async function listed(provoke) {
  const error = await (async () => provoke())().then(() => assert.fail('expected an error'), (reason) => reason);
  const kind = error.code ?? error.name;
  const message = error.message.replace(/^node '.*?' \(\w+\): /, '');
  const found = rows.filter(([pattern, cell]) => pattern.test(message) && cell.includes(kind));
  assert.ok(found.length > 0, `${kind}: ${error.message}`);
}

const pixels = (dims) => new Tensor('float32', new Float32Array(64), dims);
const damaged = () => {
  const bytes = Buffer.from(digits);
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
};
const graphOf = (op, attributes) => {
  const graph = new OnnxWriter(1);
  graph.output(graph.node(op, [graph.input('x', [2, 2])], attributes), [2, 2]);
  return graph.finish();
};

test('the errors of loading are listed', async () => {
  await listed(() => load('nowhere.onedge'));
  await listed(() => load(pathOf('models')));
  await listed(() => load(42));
  await listed(() => load('hf:org/model'));
  await listed(() => load('org/model'));
  await listed(() => load(langid, { wroker: true }));
  await listed(() => load(langid, { quality: 1 }));
  await listed(() => Session.create(digits, { externalData: { 'weights.data': new Uint8Array(4) } }));
  await listed(() => Tokenizer.from('tokenizer.json'));
  await listed(() => load('http://127.0.0.1:1/model.onedge', { cache: false }));
  await listed(() => load(new Response('', { status: 404 })));
  await listed(() => load(new Response('', { status: 500 })));
  await listed(() => load(langid, { memoryLimit: 1e6 }));
  await listed(() => load(langid, { digest: '0'.repeat(64) }));
  for (const text of ['<!doctype html>', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n']) await listed(() => Session.create(Buffer.from(text)));
  await listed(() => Session.create(new Uint8Array(0)));
  await listed(() => Session.create(damaged()));
  await listed(() => Session.create(digits.subarray(0, 5000)));
  await listed(() => Session.create(graphOf('Relu', {}).subarray(0, -3)));
  await listed(() => Session.create(graphOf('Frobnicate', {})));
  await listed(() => Session.create(graphOf('Relu', { slope: 1 })));
  for (const json of ['{}', 'vocab', '{"model": {"type": "Other"}}']) await listed(() => Tokenizer.from(json));
});

test('the errors of running are listed', async () => {
  const session = await Session.create(digits);
  const [text, image] = await Promise.all([load(langid), load(digits)]);
  await listed(() => session.run({ image: pixels([1, 64]) }));
  await listed(() => session.run({ image: new Tensor('int64', new Array(64).fill(0), [1, 1, 8, 8]) }));
  await listed(() => session.run({ picture: pixels([1, 1, 8, 8]) }));
  await listed(() => session.run({}));
  await listed(() => session.run(null));
  await listed(() => session.run({ image: [1] }));
  await listed(() => new Tensor('float32', [1, 2], [3]));
  await listed(() => new Tensor('float', [1, 2], [2]));
  await listed(() => text.run(7));
  await listed(() => image.run('seven'));
  await listed(() => text.run('x', { topK: -1 }));
  await listed(() => text.run('x', { cancelled: () => true }));
  await listed(() => text.tokenizer.encode('x', { truncation: 1 }));
  for (const handle of [session, text, image]) handle.dispose();
  await listed(() => session.run({}));
  await listed(() => text.run('x'));
});
