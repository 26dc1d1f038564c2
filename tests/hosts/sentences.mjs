// The 200 sentences of the four-hosts test: the evaluation sentences of models/langid, in 41 languages.
import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

export const sentences = ['everyday.tsv', 'udhr_article1.tsv']
  .flatMap((name) => readFileSync(new URL(`models/langid/${name}`, root), 'utf8').split('\n'))
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => line.slice(line.indexOf('\t') + 1))
  .slice(0, 200);

export const models = ['langid.onedge', 'langid-int8.onedge'];
export const topK = 3;
