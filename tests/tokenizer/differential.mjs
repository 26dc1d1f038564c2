#!/usr/bin/env node
// Sends random texts, and the lines of text files, through Hugging Face tokenizers and through answer_lines; prints the
// differences and fails.
// usage: TOKENIZERS_PACKAGE=node_modules/tokenizers node tests/tokenizer/differential.mjs ANSWER_LINES [--seed N]
// [--texts N] [--lines FILE ...]
//   [--families] [TOKENIZER.json ...]
// --families: the small tokenizers of families.mjs. Without files and --families: every stage of stage_cases.mjs.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import util from 'node:util';
import { answer, loadHuggingFace } from './hugging_face.mjs';
import { randomTexts } from './random_texts.mjs';
import { makeStageCases } from './stage_cases.mjs';

const { values, positionals } = util.parseArgs({ options: { seed: { type: 'string', default: '1' }, texts: { type: 'string', default: '300' }, lines: { type: 'string', multiple: true, default: [] }, families: { type: 'boolean' } }, allowPositionals: true });
const [program, ...files] = positionals;

const randomText = randomTexts(values.seed);
const texts = Array.from({ length: Number(values.texts) }, randomText);
for (const file of values.lines) texts.push(...fs.readFileSync(file, 'utf8').split('\n').filter(Boolean));
const requests = texts.flatMap((text, i) => [{ text }, { text, pair: texts[(i * 7 + 1) % texts.length] }]);
const { families } = values.families ? await import('./families.mjs') : { families: {} };
const given = [...Object.entries(families), ...files.map((file) => [file, JSON.parse(fs.readFileSync(file, 'utf8'))])];
const cases = given.length
  ? Object.fromEntries(given.map(([name, json]) => [name, [json, requests]]))
  : makeStageCases(texts.filter((text) => text.length < 60));

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'onedge-differential-'));
let compared = 0, different = 0;
for (const [name, [json, asked]] of Object.entries(cases)) {
  const theirs = loadHuggingFace(json);
  const file = path.join(folder, 'tokenizer.json');
  fs.writeFileSync(file, JSON.stringify(json));
  const expected = [];
  for (const request of asked) expected.push([request, await answer(theirs, request)]);
  if (given.length) {
    for (const [, { ids }] of [...expected]) if (ids) expected.push([{ decode: ids }, await answer(theirs, { decode: ids })]);
  }
  const run = spawnSync(program, [file], { input: expected.map(([request]) => JSON.stringify(request) + '\n').join(''), encoding: 'utf8', maxBuffer: 1 << 30 });
  if (run.status !== 0) {
    console.log(`${name}: ${run.stderr}`);
    different++;
    continue;
  }
  const lines = run.stdout.split('\n');
  let wrong = 0;
  for (const [i, [request, want]] of expected.entries()) {
    const ours = JSON.parse(lines[i]);
    compared++;
    if (want.error ? ours.error : util.isDeepStrictEqual(ours, want)) continue;
    different++;
    if (++wrong > 3) continue;
    const fields = Object.keys(want).filter((key) => !util.isDeepStrictEqual(ours[key], want[key]));
    console.log(`${name}: ${JSON.stringify(request)}`);
    for (const field of fields) console.log(`  ${field}\n    expected ${JSON.stringify(want[field])}\n    got      ${JSON.stringify(ours[field] ?? ours.error)}`);
  }
}
fs.rmSync(folder, { recursive: true });
console.log(`${compared} compared, ${different} different (seed ${values.seed})`);
process.exit(different ? 1 : 0);
