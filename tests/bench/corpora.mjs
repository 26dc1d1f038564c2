// The texts for timing tokenizers, each an array of strings: English prose, many languages, code, short phrases and one
// long document. They come from the shared fixtures (ONEDGE_SHARED or ../shared) and, for code, from this repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { root, shared } from './places.mjs';

const LONG_DOCUMENT_BYTES = 1 << 20;

export const fixturesExist = () => existsSync(`${shared}/data/text`);
export const tokenizerPath = (name) => `${shared}/data/tokenizers/${name}/tokenizer.json`;

function books() {
  const folder = `${shared}/data/text/gutenberg`;
  return readdirSync(folder).sort().map((name) => readFileSync(`${folder}/${name}`, 'latin1'));
}

// The Universal Declaration of Human Rights in the languages of the recorded gold files.
function declarations() {
  const folder = `${execFileSync(`${root}/scripts/extract_fixtures`).toString().trim().split('\n').at(-1)}/gold`;
  const lines = readFileSync(`${folder}/t5-small.dev.jsonl`, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  return [...new Set(lines.filter(({ src }) => src.startsWith('udhr')).map(({ text }) => text))];
}

function sources() {
  const files = execFileSync('git', ['ls-files', 'src/**/*.cc', 'js/*.js'], { cwd: root }).toString().trim().split('\n');
  return files.map((file) => readFileSync(`${root}/${file}`, 'utf8').slice(0, 4000));
}

const phrases = () =>
  readFileSync(`${shared}/data/text/banking77_train.csv`, 'utf8').split('\n').slice(1).map((line) => line.replace(/,\w+\s*$/, '').replace(/^"|"$/g, '')).filter(Boolean).slice(0, 5000);

export const corpora = {
  prose: () => books().flatMap((book) => book.split(/\r?\n\s*\n/)).filter((paragraph) => paragraph.length > 80).slice(0, 1000),
  multilingual: declarations,
  code: () => sources().slice(0, 200),
  phrases,
  document: () => [books().join('\n').slice(0, LONG_DOCUMENT_BYTES)],
};
