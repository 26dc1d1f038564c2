// session.profile() and `onedge run --profile`: the time of each step of a run.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load, Session, Tensor } from 'onedge';
import { OnnxWriter } from '../ort/onnx_writer.mjs';

const pathOf = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const langid = pathOf('models/langid/langid.onedge');
const build = process.env.ONEDGE_WASM;
const texts = ['Bonjour tout le monde', 'Guten Morgen'];

async function feedsOf(model, text) {
  const { ids, attentionMask } = await model.tokenizer.encode(text);
  const dims = [1, ids.length];
  return { input_ids: new Tensor('int64', ids, dims), attention_mask: new Tensor('int64', attentionMask, dims) };
}

function onedge(...args) {
  const { status, stdout, stderr } = spawnSync(pathOf('build/native/onedge'), args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return { stdout, stderr };
}

for (const worker of [false, true]) {
  test(`the steps of a run ${worker ? 'in a worker' : 'here'}, and the outputs of run()`, async () => {
    const model = await load(langid, { build, worker });
    const session = await model.session();
    const feeds = await feedsOf(model, texts[0]);
    const expected = await session.run(feeds);
    const started = performance.now();
    const { outputs, steps } = await session.profile(feeds);
    const elapsed = performance.now() - started;
    assert.deepEqual(outputs, expected);
    assert.ok(steps.length > 3);
    for (const { node, opType, lowered, ms } of steps) {
      assert.ok(typeof node === 'string' && /^\w+$/.test(opType) && typeof lowered === 'boolean' && ms >= 0, `${node} ${opType} ${ms}`);
    }
    const sum = steps.reduce((all, { ms }) => all + ms, 0);
    assert.ok(sum > 0 && sum <= elapsed, `steps of ${sum} ms in a call of ${elapsed} ms`);
    assert.equal((await session.profile(feeds)).steps.length, steps.length); // of one run, not of all so far
    assert.deepEqual(await session.run(feeds), expected);
    session.dispose();
    model.dispose();
  });
}

test('steps have the names of the nodes, in their order; a run that fails is not profiled on', async () => {
  const graph = new OnnxWriter(1);
  graph.output(graph.node('Softmax', [graph.node('Relu', [graph.input('x', ['n', 2])])], { axis: 1 }), ['n', 2]);
  const session = await Session.create(graph.finish(), { build });
  await assert.rejects(session.profile({}), { code: 'INVALID_ARGUMENT' });
  const feeds = { x: new Tensor('float32', [1, 2], [1, 2]) };
  const { steps } = await session.profile(feeds);
  assert.deepEqual(steps.map(({ opType }) => opType), ['Relu', 'Softmax']);
  session.dispose();
  await assert.rejects(session.profile(feeds), { message: /this session has been disposed of/ });
});

test('onedge run --profile: the table on stderr has every node, the longest first, and the answer stays on stdout', () => {
  const args = ['run', langid, '--text', texts[0], '--text', texts[1], '--top-k', '1'];
  const plain = onedge(...args);
  const { stdout, stderr } = onedge(...args, '--profile');
  assert.equal(stdout, plain.stdout);
  assert.equal(plain.stderr, '');
  const [head, ...lines] = stderr.trimEnd().split('\n');
  assert.match(head, /^ +ms +share +steps +kernel +operator +node$/);
  assert.match(lines.pop(), /^ +[\d.]+ 100\.0 % +all runs$/);
  const rows = lines.map((line) => line.match(/^ +([\d.]+) +([\d.]+) % +(\d+) +(backend|portable) +(\w+)/).slice(1));
  assert.ok(rows.length > 3);
  const times = rows.map(([ms]) => Number(ms));
  assert.deepEqual(times, [...times].sort((a, b) => b - a));
  assert.ok(rows.reduce((sum, [, share]) => sum + Number(share), 0) <= 100 + 0.05 * rows.length);
});

test('onedge run --profile --json: one document, whose nodes are those that JS sees', async () => {
  const args = ['run', langid, '--text', texts[0], '--json'];
  const { answer, profile } = JSON.parse(onedge(...args, '--profile').stdout);
  assert.deepEqual(answer, JSON.parse(onedge(...args).stdout));
  assert.ok(profile.nodes.every(({ ms, steps }) => ms >= 0 && steps >= 1));
  assert.ok(profile.nodes.reduce((sum, { ms }) => sum + ms, 0) <= profile.run_ms);
  const model = await load(langid, { build });
  const session = await model.session();
  const { steps } = await session.profile(await feedsOf(model, texts[0]));
  session.dispose();
  model.dispose();
  assert.deepEqual(new Set(profile.nodes.map(({ op_type: opType }) => opType)), new Set(steps.map(({ opType }) => opType)));
});
