// Random texts through the WebAssembly tokenizer and through Hugging Face's own, with every available tokenizer and a
// small one of every family: ids, types, masks, words and offsets. ONEDGE_DIFFERENTIAL_TEXTS sets the number of texts
// for each, ONEDGE_DIFFERENTIAL_SEED the seed; a failure prints how to repeat it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from 'onedge';
import { compareTexts } from '../tokenizer/compare_encodings.mjs';
import { families } from '../tokenizer/families.mjs';
import { randomTexts } from '../tokenizer/random_texts.mjs';
import { sentences } from '../tokenizer/small_vocabularies.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.env.TOKENIZERS_PACKAGE ??= `${root}/tests/engines/node_modules/tokenizers`;
const { loadHuggingFace } = await import('../tokenizer/hugging_face.mjs');

const build = process.env.ONEDGE_WASM;
const seed = process.env.ONEDGE_DIFFERENTIAL_SEED ?? '1';
const count = Number(process.env.ONEDGE_DIFFERENTIAL_TEXTS ?? 2000);
const folder = `${process.env.ONEDGE_SHARED ?? `${root}/../shared`}/data/tokenizers`;
const names = existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(`${folder}/${name}/tokenizer.json`)) : [];

if (names.length === 0) test('the shared tokenizers', { skip: `no ${folder}` });

const known = names.map((name) => [name, () => JSON.parse(readFileSync(`${folder}/${name}/tokenizer.json`, 'utf8')), count]);
const small = Object.entries(families).map(([name, json]) => [`a small ${name}`, () => json, Math.ceil(count / 10)]);

for (const [name, read, texts] of [...known, ...small]) {
  test(`${name}: ${texts} random texts as Hugging Face (seed ${seed})`, async () => {
    const json = read();
    const theirs = loadHuggingFace({ ...json, truncation: null, padding: null });
    const ours = await Tokenizer.from(json, { build });
    const randomText = randomTexts(seed);
    await compareTexts(ours, theirs, [...sentences, ...Array.from({ length: texts }, randomText)], `seed ${seed}, `);
    ours.dispose();
  });
}
