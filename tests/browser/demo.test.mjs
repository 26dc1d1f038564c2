// The demo (js/demo) from a visitor's view: first visit, typing, drawing, the visitor's own files, benchmark, keyboard,
// later visits, offline.
import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TinyPackages } from '../js/tiny_packages.mjs';
import { openDemo, ready } from './demo_page.mjs';

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let demo;
let page;
before(async () => {
  demo = await openDemo();
  page = await demo.visit();
});
after(() => demo.close());

const text = (id) => page.locator(`#${id}`).innerText();
const first = (id) => page.locator(`#${id} li`).first().innerText().then((line) => line.split(/\s*\n\s*/)[0]);
const until = (fn, arg) => page.waitForFunction(fn, arg, { timeout: 20_000 });
const firstIs = (id, label) => until(([id, label]) => document.querySelector(`#${id} li span`)?.textContent === label, [id, label]);
const noProblems = () => assert.deepEqual(demo.problems.splice(0), []);

test('a first visit shows progress, takes strokes meanwhile, and says what it got', async () => {
  demo.server.hold();
  await page.goto(demo.server.url);
  await until(() => document.getElementById('language-progress').value > 0);
  const { value, max } = await page.locator('#language-progress').evaluate(({ value, max }) => ({ value, max }));
  assert.ok(value > 0 && value < max, `${value} of ${max} bytes`);
  await stroke(page, [[140, 40], [140, 240]]);
  assert.equal(await page.locator('#digits li').count(), 0);
  demo.server.release();
  await ready(page);
  await firstIs('digits', '1');
  assert.equal(await first('languages'), 'French');
  assert.match(await text('build'), /^relaxed SIMD, 1 thread\s+this engine has relaxed SIMD$/);
  assert.match(await text('cache'), /^downloaded\s+1\.\d MB, cached for next time$/);
  assert.match(await text('memory'), /^\d+\.\d MB/);
  assert.match(await text('ready'), /^\d+ ms/);
  assert.match(await text('language-timing'), /^[\d.]+ ms, \d+ tokens$/);
  for (const id of ['language-loading', 'digit-loading', 'error', 'language-error', 'digit-error']) assert.ok(await page.locator(`#${id}`).isHidden(), id);
  noProblems();
});

async function stroke(page, points) {
  const box = await page.locator('#canvas').boundingBox();
  const at = ([x, y]) => [box.x + (x / 280) * box.width, box.y + (y / 280) * box.height];
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points) await page.mouse.move(...at(point), { steps: 6 });
  await page.mouse.up();
}

test('text is classified as it is typed; its tokens keep every character and stand at their offsets', async () => {
  const sentence = 'Gestern ging die 😀 Sonne früh unter, und niemand hat es bemerkt.';
  await page.fill('#text', '');
  await until(() => document.querySelectorAll('#languages li').length === 0);
  await page.locator('#text').pressSequentially(sentence);
  await firstIs('languages', 'German');
  await until((sentence) => document.getElementById('tokens').textContent === sentence, sentence);
  await page.locator('#offsets summary').click();
  const rows = await page.locator('#offsets-table tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const tokens = rows.filter(([, token]) => token !== '(special)');
  assert.ok(tokens.length > 10);
  for (const [, token, , begin, end] of tokens) assert.equal(sentence.slice(begin, end), token);
  const marks = await page.locator('#tokens mark').evaluateAll((marks) => marks.map((mark) => mark.title.match(/at (\d+) to (\d+)/).slice(1).map(Number)));
  assert.ok(marks.every(([begin], i) => i === 0 || begin >= marks[i - 1][1]), 'marks overlap');
  await page.getByRole('button', { name: 'Ελληνικά' }).click();
  await firstIs('languages', 'Greek');
  await until(() => /^Greek, [\d.]+ %$/.test(document.getElementById('language-said').textContent));
  noProblems();
});

test('digits are read from the mouse, from touch, and from the examples; Clear clears', async () => {
  await page.getByRole('button', { name: 'Clear' }).click();
  await until(() => document.querySelectorAll('#digits li').length === 0);
  assert.ok(await page.locator('#hint').isVisible());
  await stroke(page, [[80, 50], [200, 50], [130, 240]]);
  await firstIs('digits', '7');
  for (const digit of ['0', '3']) {
    await page.selectOption('#glyph', digit);
    await firstIs('digits', digit);
  }
  await stroke(page, [[140, 40], [140, 240]]); // on an empty pad, not over the example
  await firstIs('digits', '1');
  noProblems();

  const phone = await demo.visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark', reducedMotion: 'reduce' });
  await phone.goto(demo.server.url);
  await ready(phone);
  await phone.locator('#canvas').scrollIntoViewIfNeeded();
  const scrolled = await phone.evaluate(() => scrollY);
  const box = await phone.locator('#canvas').boundingBox();
  const cdp = await phone.context().newCDPSession(phone);
  const touch = (type, ...points) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x: box.x + x * box.width, y: box.y + y * box.height, id })) });
  await touch('touchStart', [0.5, 0.15]);
  for (let y = 0.2; y < 0.9; y += 0.05) await touch('touchMove', [0.5, y]);
  await touch('touchEnd');
  await phone.waitForFunction(() => document.querySelector('#digits li span')?.textContent === '1');
  assert.equal(await phone.evaluate(() => scrollY), scrolled, 'a stroke scrolls the page');
  for (const width of [320, 390]) {
    await phone.setViewportSize({ width, height: 844 });
    assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), width, 'wider than the screen');
  }
  assert.match(await phone.locator('#languages li span:nth-child(2)').first().evaluate((bar) => getComputedStyle(bar).transitionDuration), /^0s/);
  await phone.context().close();
  noProblems();
});

/** Drops a file of the server on the page, not on the box. */
const drop = (path, name) =>
  page.evaluate(
    async ([path, name]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([await (await fetch(path)).arrayBuffer()], name));
      for (const type of ['dragover', 'drop']) document.querySelector('footer').dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
    },
    [path, name],
  );
const ownLoaded = (name) => until((name) => !document.getElementById('own').hidden && document.getElementById('own-facts').textContent.includes(name), name);
const ownAnswers = () => until(() => !['', 'Running …'].includes(document.getElementById('own-output').textContent)).then(() => text('own-output'));
const run = () => page.locator('#own-form button').click();

test("one's own model: a package with a text, one with an image, an .onnx file on random tensors", async () => {
  await drop('/models/langid/langid-int8.onedge', 'mine.onedge');
  await ownLoaded('mine.onedge');
  assert.match(await text('own-facts'), /Task\s+text-classification/);
  await page.fill('#own-form [name=text]', 'Ceci est une phrase en français, sans aucun doute.');
  await run();
  assert.match(await ownAnswers(), /^fr\s/);

  await page.setInputFiles('#file', file('models/digits/digits.onedge'));
  await ownLoaded('digits.onedge');
  const image = await page.locator('#canvas').evaluate((canvas) => canvas.toDataURL().split(',')[1]);
  await page.setInputFiles('#own-form [name=image]', { name: 'one.png', mimeType: 'image/png', buffer: Buffer.from(image, 'base64') });
  await run();
  assert.match(await ownAnswers(), /^\d\s+[\d.]+ %/);
  await page.setInputFiles('#own-form [name=image]', { name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('no image') });
  await run();
  await until(() => document.getElementById('own-error').textContent.includes('no.png is not an image'));

  await page.setInputFiles('#file', { name: 'Add.ONNX', mimeType: '', buffer: addModel() });
  await ownLoaded('Add.ONNX');
  await page.getByLabel('Size of n').fill('3');
  await run();
  assert.match(await ownAnswers(), /^[\d.]+ ms\ny: float32 \[3\] [\d., ]+$/);
  noProblems();
});

// Task -> a tiny model for it, and the expected answer to the form's own texts, without its time.
const bars = (count, label) => new RegExp(`^(${label}\\s+-?[\\d.]+ %\\s*){${count}}$`);
const TASKS = {
  'text-classification': ['classifier', bars('2,5', '\\w+')],
  'token-classification': ['tagger', bars('1,', '.+: .+')],
  'fill-mask': ['filler', bars(5, '\\S+')],
  'feature-extraction': ['embedder', /^float32 \[\d+\]: (-?[\d.]+, ){7}-?[\d.]+(, …)?$/],
  'question-answering': ['reader', bars('1,3', '.+')],
  'zero-shot-classification': ['nli', bars(3, '(travel|food|politics)')],
  'sentence-similarity': ['embedder', bars(2, '(Anna lives in Berlin now\\.|The soup is cold\\.)')],
  'text-ranking': ['ranker', bars(2, '(Anna lives in Berlin now\\.|The soup is cold\\.)')],
  'object-detection': ['detector', /^(Nothing found\.|(.+ \(-?\d+, -?\d+, -?\d+, -?\d+\)\s+[\d.]+ %\s*)+)$/],
};

test("one's own model: a form for each task", async (t) => {
  const packages = new TinyPackages();
  after(() => packages.remove());
  const image = Buffer.from(await page.locator('#canvas').evaluate((canvas) => canvas.toDataURL().split(',')[1]), 'base64');
  for (const [task, [model, expected]] of Object.entries(TASKS)) {
    await t.test(task, async () => {
      await page.setInputFiles('#file', packages.pack(model, task));
      await ownLoaded(task);
      if (task === 'object-detection') await page.setInputFiles('#own-form [name=image]', { name: 'one.png', mimeType: 'image/png', buffer: image });
      if (task === 'token-classification') await page.fill('#own-form [name=text]', 'paris is the capital of france and berlin is the capital of germany .');
      await run();
      await until(() => !document.getElementById('own-error').hidden || / ms$/.test(document.getElementById('own-output').textContent));
      assert.equal(await text('own-error'), '');
      assert.match((await text('own-output')).replace(/[\d.]+ ms$/, '').trim(), expected);
    });
  }
  noProblems();
});

/** y = x + x, float32 [n]: an ONNX file, field by field. */
function addModel() {
  const field = (tag, bytes) => Buffer.concat([Buffer.from([(tag << 3) | 2, bytes.length]), bytes]);
  const string = (tag, value) => field(tag, Buffer.from(value));
  const int = (tag, value) => Buffer.from([tag << 3, value]);
  const shape = field(2, field(1, string(2, 'n')));
  const value = (tag, name) => field(tag, Buffer.concat([string(1, name), field(2, field(1, Buffer.concat([int(1, 1), shape])))]));
  const node = field(1, Buffer.concat([string(1, 'x'), string(1, 'x'), string(2, 'y'), string(4, 'Add')]));
  const graph = Buffer.concat([node, string(2, 'add'), value(11, 'x'), value(12, 'y')]);
  return Buffer.concat([int(1, 8), field(7, graph), field(8, int(2, 17))]);
}

test('files that are no model, broken or too large are refused in words, and the next good one works', async () => {
  const model = Buffer.from(await page.evaluate(async () => [...new Uint8Array(await (await fetch('/models/digits/digits.onedge')).arrayBuffer())]));
  const huge = join(demo.scratch, 'huge.onnx');
  await writeFile(huge, '');
  await truncate(huge, 3e9);
  const flipped = Buffer.from(model);
  flipped[model.length >> 1] ^= 1;
  const refused = [
    [{ name: 'notes.onnx', mimeType: '', buffer: Buffer.from('this is a shopping list, not a model') }, /ONNX/i],
    [{ name: 'empty.onedge', mimeType: '', buffer: Buffer.alloc(0) }, /empty/],
    [{ name: 'short.onedge', mimeType: '', buffer: model.subarray(0, 50_000) }, /./],
    [{ name: 'flipped.onedge', mimeType: '', buffer: flipped }, /./],
    [huge, /memory limit: the file alone needs 3000\.0 MB of 1000\.0 MB/],
  ];
  for (const [source, message] of refused) {
    await page.setInputFiles('#file', source);
    await until(() => !document.getElementById('own-error').hidden);
    assert.match(await text('own-error'), message);
    assert.ok(await page.locator('#own').isHidden());
    assert.ok(await page.locator('#own-loading').isHidden());
  }
  assert.equal(await page.evaluate(async () => (await (await import('/js/module.js')).instantiate()).exports.liveHandles()), 0, 'handles are still alive');
  await page.setInputFiles('#file', file('models/digits/digits.onedge'));
  await ownLoaded('digits.onedge');
  assert.ok(await page.locator('#own-error').isHidden());
  noProblems();
});

test('the benchmark measures three lengths, and stops when told to', async () => {
  await page.getByRole('button', { name: 'Run', exact: true }).last().click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await until(() => document.getElementById('bench-state').textContent === 'stopped');
  await page.locator('#bench').click();
  await until(() => document.getElementById('bench-state').textContent.startsWith('done'));
  const rows = await page.locator('#bench-table tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => parseFloat(cell.textContent))));
  assert.equal(rows.length, 3);
  for (const [tokens, median, most, rate] of rows) assert.ok(tokens > 5 && median > 0 && most >= median && rate > 0, String(rows));
  assert.ok(rows[2][0] > 3 * rows[0][0]);
  noProblems();
});

test('the keyboard reaches everything in reading order, and each control has a role and a name', async () => {
  await page.reload();
  await ready(page);
  await page.locator('#bench:enabled').waitFor();
  const stops = [];
  for (let i = 0; i < 30; ++i) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const { activeElement: on } = document;
      const shown = on.id === 'file' ? document.querySelector('[for=file]') : on;
      return on === document.body ? null : [on.id || on.textContent, getComputedStyle(shown).outlineStyle];
    });
    if (!stop) break;
    assert.notEqual(stop[1], 'none', `${stop[0]} shows no focus`);
    stops.push(stop[0]);
  }
  assert.deepEqual(stops, ['text', 'Français', 'Deutsch', 'Polski', '日本語', 'Ελληνικά', 'Ids and offsets', 'clear', 'glyph', 'file', 'bench']);
  await page.locator('#glyph').focus();
  await page.keyboard.press('8');
  await firstIs('digits', '8');
  await page.locator('summary').focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#offsets-table').isVisible());

  const cdp = await page.context().newCDPSession(page);
  const { nodes } = await cdp.send('Accessibility.getFullAXTree');
  const seen = nodes.filter(({ ignored }) => !ignored).map(({ role, name }) => ({ role: role.value, name: name?.value ?? '' }));
  const nameless = seen.filter(({ role, name }) => !name && /^(button|textbox|combobox|img|image|region|link|progressbar|list|table|spinbutton)$/i.test(role));
  assert.deepEqual(nameless, []);
  const names = (role) => seen.filter((node) => node.role === role).map(({ name }) => name);
  assert.deepEqual(names('heading'), ['onedge', 'Which language?', 'Tokens', 'Which digit?', 'Your own model', 'Benchmark']);
  assert.deepEqual(names('list'), ['Most likely languages', 'Most likely digits']);
  assert.deepEqual(names('textbox'), ['Type or paste a sentence']);
  assert.ok(names('button').includes('Choose a model file'));
  assert.ok(['main', 'banner', 'contentinfo'].every((role) => names(role).length === 1));
  await until(() => document.getElementById('said').textContent === 'The models are ready.');
  noProblems();
});

test('the second visit comes from the cache; without a server the page, its workers and its models still do', async () => {
  const visitor = await demo.visit();
  const state = async () => (await ready(visitor), visitor.locator('#cache').innerText());
  await visitor.goto(demo.server.url);
  assert.match(await state(), /^downloaded/);
  await demo.server.off();
  await visitor.reload();
  assert.match(await state(), /^offline\s+1\.\d MB from the cache$/);
  await visitor.fill('#text', 'Das geht auch ohne Verbindung ganz ausgezeichnet.');
  await visitor.waitForFunction(() => document.querySelector('#languages li span')?.textContent === 'German');
  demo.problems.splice(0).forEach((problem) => assert.match(problem, /ERR_CONNECTION_REFUSED/)); // the browser's own words about it
  await demo.server.on();
  await visitor.reload();
  assert.match(await state(), /^from the cache\s+1\.\d MB, unchanged at the server$/);
  await visitor.context().close();
  noProblems();
});

test('the server of the demo serves the demo only, and survives an invalid path', async () => {
  const status = async (path) => (await fetch(new URL(demo.server.url + path), { redirect: 'manual' })).status;
  assert.equal(await status('%'), 404);
  assert.equal(await status('package.json'), 404);
  assert.equal(await status('js/..%2fpackage.json'), 404);
  assert.equal(await status(''), 302);
  assert.equal(await status('js/demo/'), 200);
});

test('a model that cannot be loaded is told in its panel; the other works', async () => {
  const visitor = await demo.visit();
  await visitor.route('**/langid-int8.onedge', (route) => route.fulfill({ status: 404 }));
  await visitor.goto(demo.server.url);
  await ready(visitor);
  assert.match(await visitor.locator('#language-error').innerText(), /langid-int8\.onedge: HTTP status 404/);
  assert.ok(await visitor.locator('#language-loading').isHidden());
  assert.ok(await visitor.locator('#bench').isDisabled());
  await visitor.selectOption('#glyph', '3');
  await visitor.waitForFunction(() => document.querySelector('#digits li span')?.textContent === '3');
  assert.equal(await visitor.locator('#said').innerText(), '1 of 2 models could not be loaded.');
  await visitor.context().close();
  demo.problems.splice(0).forEach((problem) => assert.match(problem, /404/));
});
