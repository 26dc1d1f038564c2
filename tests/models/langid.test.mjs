// The shipped language identifiers reach the figures of their model card on its evaluation sentences.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load } from '../../js/node.js';

const folder = fileURLToPath(new URL('../../models/langid/', import.meta.url));
const sentencesOf = (file) =>
  readFileSync(folder + file, 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split('\t'));

for (const name of ['langid.onedge', 'langid-int8.onedge']) {
  test(`${name}: every UDHR article, and 96 % of the everyday sentences`, async (t) => {
    const model = await load(folder + name);
    t.after(() => model.dispose());
    for (const [file, least] of [['udhr_article1.tsv', 1], ['everyday.tsv', 0.96]]) {
      const wrong = [];
      const sentences = sentencesOf(file);
      for (const [language, text] of sentences) {
        const [best] = await model.run(text);
        if (best.label !== language) wrong.push(`${language} taken for ${best.label}: ${text}`);
      }
      assert.ok(sentences.length > 40);
      assert.ok(1 - wrong.length / sentences.length >= least, `${file}: ${wrong.length} of ${sentences.length} wrong:\n${wrong.join('\n')}`);
    }
  });
}
