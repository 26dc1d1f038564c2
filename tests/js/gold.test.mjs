// Hugging Face's recorded answers through the shipped module; tests/tokenizer/gold_test.cc runs them through the core.
import './host_state.mjs';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from 'onedge';

const shared = process.env.ONEDGE_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const gold = process.env.ONEDGE_GOLD_DIR;
const STRATEGIES = { OnlyFirst: 'only_first', OnlySecond: 'only_second' };

// Python counts code points, JS UTF-16 units.
function unitsOf(text) {
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  return units;
}
const isBasic = (text = '') => !/[\u{10000}-\u{10FFFF}]/u.test(text);

/** The recorded offsets in UTF-16 units; undefined if they belong to two texts and the text matters. */
function offsetsOf({ text, pair }, offsets) {
  if (isBasic(text) && isBasic(pair)) return offsets;
  if (pair !== undefined) return undefined;
  const units = unitsOf(text);
  return offsets.map(([begin, end]) => [units[begin], units[end]]);
}

function optionsOf({ pair, opt }, padId) {
  if (!opt) return { pair, truncation: false, padding: false };
  const { max_length: maxLength, stride, strategy, pad } = opt;
  return { pair, truncation: { maxLength, stride, strategy: STRATEGIES[strategy] }, padding: pad ? { length: maxLength, padId } : false };
}

function requireSame(encoding, recorded, line) {
  assert.deepEqual([...encoding.ids], recorded.ids);
  const offsets = offsetsOf(line, recorded.offsets);
  if (offsets) assert.deepEqual(encoding.offsets, offsets);
  if (!recorded.type_ids) return; // for further windows only ids and offsets were recorded
  assert.deepEqual([...encoding.typeIds], recorded.type_ids);
  assert.deepEqual([...encoding.attentionMask], recorded.mask);
  assert.deepEqual([...encoding.specialTokensMask], recorded.special);
  const windows = recorded.overflow ?? [];
  assert.equal(encoding.overflowing.length, windows.length);
  windows.forEach((window, i) => requireSame(encoding.overflowing[i], window, line));
}

for (const name of ['bert-base-uncased', 'bert-base-cased', 'bert-base-chinese', 'gpt2', 'roberta-base', 't5-small']) {
  const file = `${gold}/${name}.dev.jsonl`;
  const skip = !gold ? 'ONEDGE_GOLD_DIR is not set; scripts/extract_fixtures says what to set it to' : !existsSync(file) && `${file} is not there`;
  test(`${name}: every field is as Hugging Face recorded it`, { skip }, async () => {
    const tokenizer = await Tokenizer.from(readFileSync(`${shared}/data/tokenizers/${name}/tokenizer.json`), { build: process.env.ONEDGE_WASM });
    const padId = tokenizer.tokenToId('[PAD]') ?? tokenizer.tokenToId('<pad>') ?? 0;
    try {
      const lines = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
      for (const line of lines) {
        const encode = () => tokenizer.encode(line.text, optionsOf(line, padId));
        if (line.error) assert.throws(encode);
        else requireSame(encode(), line, line);
      }
      assert.ok(lines.length > 100);
    } finally {
      tokenizer.dispose();
    }
  });
}
