// Random texts through the WebAssembly tokenizer and through Hugging Face's own, over every tokenizer at hand: ids, types, masks, words and
// offsets. ONEDGE_DIFFERENTIAL_TEXTS sets how many texts each gets, ONEDGE_DIFFERENTIAL_SEED which; a failure says how to repeat it.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from 'onedge';
import { randomTexts } from '../tokenizer/random_texts.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.env.TOKENIZERS_PACKAGE ??= `${root}/tests/engines/node_modules/tokenizers`;
const { loadHuggingFace } = await import('../tokenizer/hugging_face.mjs');

const build = process.env.ONEDGE_WASM;
const seed = process.env.ONEDGE_DIFFERENTIAL_SEED ?? '1';
const count = Number(process.env.ONEDGE_DIFFERENTIAL_TEXTS ?? 2000);
const folder = `${process.env.ONEDGE_SHARED ?? `${root}/../shared`}/data/tokenizers`;
const names = existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(`${folder}/${name}/tokenizer.json`)) : [];

// Hugging Face counts code points; JS strings, and onedge in JS, UTF-16 units.
function unitsOf(text) {
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  return units;
}

async function compare(ours, theirs, text, pair) {
  const encoding = await theirs.encode(text, pair ?? null);
  const sequences = encoding.getSequenceIds();
  const units = [unitsOf(text), unitsOf(pair ?? '')];
  const offsets = encoding.getOffsets().map(([begin, end], i) => [units[sequences[i] ?? 0][begin], units[sequences[i] ?? 0][end]]);
  const expected = {
    ids: encoding.getIds(), typeIds: encoding.getTypeIds(), attentionMask: encoding.getAttentionMask(),
    specialTokensMask: encoding.getSpecialTokensMask(), wordIds: encoding.getWordIds().map((word) => word ?? -1), offsets,
  };
  const got = ours.encode(text, { pair, truncation: false, padding: false });
  for (const [field, values] of Object.entries(expected)) assert.deepEqual(Array.from(got[field]), values, field);
  assert.equal(ours.decode(got.ids, { skipSpecialTokens: false }), await theirs.decode(encoding.getIds(), false), 'decoded');
}

test('the shared tokenizers are there', { skip: names.length > 0 || `no ${folder}` }, () => {});

for (const name of names) {
  test(`${name}: ${count} random texts as Hugging Face (seed ${seed})`, async () => {
    const json = JSON.parse(readFileSync(`${folder}/${name}/tokenizer.json`, 'utf8'));
    const theirs = loadHuggingFace({ ...json, truncation: null, padding: null });
    const ours = await Tokenizer.from(json, { build });
    const text = randomTexts(seed);
    for (let i = 0; i < count; ++i) {
      const first = text(), pair = i % 4 === 0 ? text() : undefined;
      try {
        await compare(ours, theirs, first, pair);
      } catch (error) {
        error.message = `seed ${seed}, text ${i}: ${JSON.stringify([first, pair])}\n${error.message}`;
        throw error;
      }
    }
    ours.dispose();
  });
}
