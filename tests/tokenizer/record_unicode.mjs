#!/usr/bin/env node
// Asks Hugging Face tokenizers about every code point and records the answers in tests/tokenizer/unicode.json: for each
// property ranges of code points, and for each mapping the FNV-1a hash (32 bits, over UTF-8) of the images of all code
// points, with a newline after each.
// usage: TOKENIZERS_PACKAGE=node_modules/tokenizers node tests/tokenizer/record_unicode.mjs      (a minute)
import fs from 'node:fs';
import { hf } from './hugging_face.mjs';

const bert = (options) => hf.bertNormalizer({ cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false, ...options });
const clean = bert({ cleanText: true });
const nfd = hf.nfdNormalizer(), marks = hf.stripAccentsNormalizer(), accents = bert({ stripAccents: true });
const punctuation = hf.bertPreTokenizer(), whitespace = hf.whitespacePreTokenizer(), digits = hf.digitsPreTokenizer(true), byteLevel = hf.byteLevelPreTokenizer(false, true);
const parts = (stage, text) => stage.preTokenizeString(text).length;
const properties = {
  control: (c) => clean.normalizeString(`a${c}b`) === 'ab',
  whitespace: (c) => parts(punctuation, `a${c}b`) === 2,
  punctuation: (c) => parts(punctuation, `a${c}b`) === 3,
  nonspacing_mark: (c) => nfd.normalizeString(c) === c && accents.normalizeString(c) === '',
  mark: (c) => marks.normalizeString(c) === '',
  word: (c) => parts(whitespace, `a${c}b`) === 1,
  numeric: (c) => parts(digits, `a${c}b`) === 3,
  letter: (c) => parts(byteLevel, `a${c}`) === 1,
  number: (c) => parts(byteLevel, `1${c}`) === 1,
};
const mappings = { lowercase: hf.lowercase(), nfc: hf.nfcNormalizer(), nfd, nfkc: hf.nfkcNormalizer(), nfkd: hf.nfkdNormalizer() };

const out = { properties: Object.fromEntries(Object.keys(properties).map((name) => [name, []])), mappings: {} };
const hashes = Object.fromEntries(Object.keys(mappings).map((name) => [name, 0x811c9dc5]));
for (let code = 1; code < 0x110000; code++) {
  if (code >= 0xd800 && code < 0xe000) continue;
  const c = String.fromCodePoint(code);
  for (const [name, holds] of Object.entries(properties)) {
    if (!holds(c)) continue;
    const ranges = out.properties[name];
    if (ranges.length && ranges.at(-1)[1] === code - 1) ranges.at(-1)[1] = code;
    else ranges.push([code, code]);
  }
  for (const [name, stage] of Object.entries(mappings)) {
    for (const byte of Buffer.from(stage.normalizeString(c) + '\n')) hashes[name] = Math.imul(hashes[name] ^ byte, 0x01000193) >>> 0;
  }
}
out.mappings = hashes;
fs.writeFileSync(new URL('unicode.json', import.meta.url), JSON.stringify(out) + '\n');
