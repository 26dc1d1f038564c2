// Small vocabularies of every kind, made from sentences of this repository in some forty languages: large enough for
// its algorithm to have choices.
import { readFileSync } from 'node:fs';

/** The sentences; they are also good texts for trying a tokenizer. */
export const sentences = ['everyday', 'udhr_article1'].flatMap((name) =>
  readFileSync(new URL(`../../models/langid/${name}.tsv`, import.meta.url), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split('\t')[1]));

function counted(items) {
  const counts = new Map();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
const byCount = (counts) => [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));

// ByteLevel's characters, by byte.
const printable = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
let others = 0;
export const byteAlphabet = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : 0x100 + others++));
export const byteTokens = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

/**
 * Trains BPE: merges the most frequent pair of neighbours, `count` times.
 * @param {string[][]} words each as its first symbols
 */
export function trainMerges(words, count) {
  const counts = [...counted(words.map((word) => word.join('\0')))].map(([word, times]) => [word.split('\0'), times]);
  const merges = [];
  while (merges.length < count) {
    const pairs = new Map();
    for (const [word, times] of counts) {
      for (let i = 0; i + 1 < word.length; ++i) {
        const pair = `${word[i]}\0${word[i + 1]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + times);
      }
    }
    const [best] = byCount(pairs);
    if (!best || best[1] < 2) break;
    const [left, right] = best[0].split('\0');
    merges.push([left, right]);
    for (const [word] of counts) {
      for (let i = 0; i + 1 < word.length; ++i) if (word[i] === left && word[i + 1] === right) word.splice(i, 2, left + right);
    }
  }
  return merges;
}

const words = sentences.flatMap((sentence) => sentence.match(/\S+/gu));
const COUNT = 300;

const trained = new Map();
function byteLevelMerges(endOfWord) {
  if (trained.has(endOfWord)) return trained.get(endOfWord);
  const symbols = words.map((word, i) => {
    const bytes = [...Buffer.from(endOfWord || i % 4 === 0 ? word : ` ${word}`)].map((byte) => byteAlphabet[byte]);
    bytes.push(bytes.pop() + endOfWord);
    return bytes;
  });
  trained.set(endOfWord, trainMerges(symbols, COUNT));
  return trained.get(endOfWord);
}

/** vocab and merges of a byte-level BPE; with `endOfWord` the last symbol of each word ends in it. */
export function byteLevelBpe({ first = [], endOfWord = '' } = {}) {
  const merges = byteLevelMerges(endOfWord);
  const tokens = new Set([...first, ...byteAlphabet, ...(endOfWord ? byteAlphabet.map((c) => c + endOfWord) : []), ...merges.map((pair) => pair.join(''))]);
  return { vocab: Object.fromEntries([...tokens].map((token, id) => [token, id])), merges };
}

let pieceMerges;

/** Sentencepiece's BPE: characters, and pieces that begin with ▁ at a space, by descending score. */
export function bpePieces() {
  const symbols = words.map((word) => ['▁', ...word]);
  pieceMerges ??= trainMerges(symbols, COUNT);
  const pieces = pieceMerges.map((pair) => pair.join(''));
  const characters = byCount(counted(symbols.flat())).slice(0, 300).map(([c]) => c);
  return [...new Set([...pieces, ...characters])].map((piece, i) => [piece, -i]);
}

/** Sentencepiece's Unigram: pieces with the logarithms of their frequency, in float32 precision. */
export function unigramPieces(count = 1200) {
  const parts = words.flatMap((word) => {
    const c = ['▁', ...word];
    return c.flatMap((_, i) => [1, 2, 3, 4, 5].filter((n) => i + n <= c.length).map((n) => c.slice(i, i + n).join('')));
  });
  const top = byCount(counted(parts)).slice(0, count);
  const total = top.reduce((sum, [, times]) => sum + times, 0);
  return top.map(([piece, times]) => [piece, Math.fround(Math.log(times / total))]);
}

/** WordPiece: frequent beginnings of words, and frequent continuations. */
export function wordPieceTokens(special, count = 1200, { lowercase = false } = {}) {
  const parts = words.flatMap((word) => {
    const c = [...(lowercase ? word.toLowerCase().normalize('NFD').replace(/\p{Mn}/gu, '') : word)];
    return c.flatMap((_, i) => [1, 2, 3, 4].filter((n) => i + n <= c.length).map((n) => (i ? '##' : '') + c.slice(i, i + n).join('')));
  });
  const characters = Array.from('!"#$%&\'()*+,-./0123456789:;<=>?@abcdefghijklmnopqrstuvwxyz').flatMap((c) => [c, '##' + c]);
  return [...new Set([...special, ...characters, ...byCount(counted(parts)).slice(0, count).map(([part]) => part)])];
}
