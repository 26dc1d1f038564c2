// Workloads: the first answer in a new Chromium, the first of the second visit, and warm ones, with onedge and with
// onnxruntime-web plus Hugging Face's tokenizer in JS. All files come from this machine.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import { openChromium } from '../hosts/chromium.mjs';
import { median } from './engine.mjs';
import { generated } from './generated.mjs';
import { words } from './make_wordpiece.mjs';
import { root } from './places.mjs';

const PEER = 'onnxruntime-web';
const MAX_ROUNDS = 5; // two browsers a round
const WARM = 100; // answers
const WORDS = 126; // with [CLS] and [SEP] 128 tokens

const models = {
  'langid-int8': { path: () => `${root}/models/langid/langid-int8.onedge`, text: 'Bonjour tout le monde, comment allez-vous ?' },
  'minilm-int8': { path: () => generated('minilm-int8.onedge'), text: words(WORDS) },
};

/** A folder to serve: the package, the peers, the model in one file and in its parts. */
function site(path) {
  const folder = mkdtempSync(`${os.tmpdir()}/onedge-chromium-`);
  for (const [name, target] of Object.entries({ js: 'js', dist: 'dist', bench: 'tests/bench', peers: 'tests/bench/node_modules' })) symlinkSync(`${root}/${target}`, `${folder}/${name}`);
  symlinkSync(path, `${folder}/model.onedge`);
  execFileSync('/usr/bin/python3', ['-m', 'zipfile', '-e', path, `${folder}/model`]);
  return folder;
}

/** Both answers must agree: the label, or vectors of the same direction (8-bit sums are rounded in another order). */
function requireSame(ours, theirs) {
  const same = Array.isArray(ours) ? ours.reduce((sum, one, i) => sum + one * theirs[i], 0) > 0.99 : ours.label === theirs.label && Math.abs(ours.score - theirs.score) < 0.01;
  if (!same) throw new Error(`onedge and ${PEER} do not give the same answer: ${JSON.stringify([ours, theirs]).slice(0, 300)}`);
}

/** One browser with an empty cache: {first, again, warm} in milliseconds, the answer, and onedge's build. */
async function visit(folder, engine, model, text) {
  const chromium = await openChromium('/bench/first_answer_page.js', folder);
  try {
    const measure = async () => {
      await chromium.page.waitForFunction(() => globalThis.measure);
      return chromium.page.evaluate((args) => globalThis.measure(...args), [engine, model, text, WARM]);
    };
    const first = await measure();
    await chromium.page.reload();
    const again = await measure();
    if (engine === 'onedge' && (first.cache !== 'stored' || again.cache !== 'hit')) throw new Error(`the cache did not do what it should: ${first.cache}, then ${again.cache}`);
    return { first: first.first, again: again.first, warm: again.warm, answer: first.answer, build: first.build };
  } finally {
    await chromium.close();
  }
}

async function* rows(name, rounds) {
  const { path, text } = models[name];
  const folder = site(path());
  try {
    const { task, labels, preprocessing, parts } = JSON.parse(readFileSync(`${folder}/model/manifest.json`, 'utf8'));
    const model = { url: '/model.onedge', folder: '/model', weights: 'weights.bin' in parts ? 'weights.bin' : undefined, task, labels, maxLength: preprocessing.max_length ?? Infinity };
    const visits = { onedge: [], [PEER]: [] };
    for (let i = 0; i < Math.min(rounds, MAX_ROUNDS); ++i) {
      for (const engine of Object.keys(visits)) visits[engine].push(await visit(folder, engine, model, text));
      requireSame(visits.onedge[i].answer, visits[PEER][i].answer);
    }
    const of = (engine, what) => median(visits[engine].map((one) => one[what]));
    for (const [what, label] of [['first', 'first answer, nothing cached'], ['again', 'first answer of the second visit'], ['warm', 'warm answer']]) {
      const [ours, theirs] = [of('onedge', what), of(PEER, what)];
      yield { name: `chromium ${name} ${label}`, host: 'chromium', build: visits.onedge[0].build, threads: 1, ours, theirs, unit: 'ms', peer: PEER, ratio: theirs / ours };
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** [{name, rows(rounds)}] */
export const chromiumWorkloads = Object.keys(models).map((name) => ({ name: `chromium ${name}`, rows: (rounds) => rows(name, rounds) }));
