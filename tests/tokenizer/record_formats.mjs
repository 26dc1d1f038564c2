#!/usr/bin/env node
// Writes tests/fuzz/tokenizer_formats: one small file of each kind that src/tokenizer/formats reads. They are the
// fuzzer's corpus and the samples of formats_test.cc. A vocab.json has its merges.txt after the line that the fuzzer
// looks for.
// usage: node tests/tokenizer/record_formats.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { byteTokens } from './small_vocabularies.mjs';
import { sentencePieceModel } from './sentencepiece_model.mjs';

const folder = new URL('../fuzz/tokenizer_formats/', import.meta.url);
mkdirSync(folder, { recursive: true });
const write = (name, content) => writeFileSync(new URL(name, folder), content);
const withMerges = (vocab, merges) => `${JSON.stringify(vocab)}\n=== merges.txt ===\n#version: 0.2\n${merges.join('\n')}\n`;
const ids = (...tokens) => Object.fromEntries(tokens.map((token, id) => [token, id]));

write('bert_vocab.txt', ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'hello', 'world', '##s', 'é', '中', '!'].join('\n') + '\n');
write('gpt2_vocab.json', withMerges(ids('h', 'e', 'l', 'o', 'Ġ', 'he', 'll', 'hell', 'hello', '<|endoftext|>'), ['h e', 'l l', 'he ll', 'hell o']));
write('roberta_vocab.json', withMerges(ids('<s>', '<pad>', '</s>', '<unk>', 'a', 'b', 'ab', '<mask>'), ['a b']));
write('clip_vocab.json', withMerges(ids('a', 'b', 'a</w>', 'b</w>', 'ab</w>', '<|startoftext|>', '<|endoftext|>'), ['a b</w>']));

const pieces = [['▁', -2.5], ['a', -3.25], ['b', -3.5], ['▁a', -1.75], ['▁ab', -1.125], ['é', -4], ['<t>', 0, 'userDefined'], ['zz', -9, 'unused']];
const special = [['<unk>', 0, 'unknown'], ['<s>', 0, 'control'], ['</s>', 0, 'control']];
write('unigram.model', sentencePieceModel([...special, ...pieces]));
write('t5.model', sentencePieceModel([['<pad>', 0, 'control'], ['</s>', 0, 'control'], ['<unk>', 0, 'unknown'], ...pieces], { model_type: 1, bos_id: -1, eos_id: 1, pad_id: 0 }));
write('llama.model', sentencePieceModel([...special, ...byteTokens.slice(0, 8).map((byte) => [byte, 0, 'byte']), ...pieces.slice(0, 6)], { model_type: 2, byte_fallback: true }, { remove_extra_whitespaces: false }));
// A map of only "A" to "a": a trie of three units in Darts' format, and the replacements.
const units = Buffer.alloc(4 + 4 * 0x180);
units.writeUInt32LE(4 * 0x180);
units.writeUInt32LE(1 << 10, 4); // "A", whose value is at its own position ^ 0x101
units.writeUInt32LE((0x101 << 10 | 0x100 | 0x41) >>> 0, 4 + 4 * (1 ^ 0x41)); // "A", whose value is at its own place ^ 0x101
units.writeUInt32LE(0x80000000, 4 + 4 * (1 ^ 0x41 ^ 0x101)); // the replacement at 0
write('charsmap.model', sentencePieceModel([...special, ...pieces], {}, { precompiled_charsmap: Buffer.concat([units, Buffer.from('a\0')]), add_dummy_prefix: false }));
