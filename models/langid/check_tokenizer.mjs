// Compares wordpiece.py with Hugging Face's own `tokenizers` (npm) on lines of text.
//   node check_tokenizer.mjs tokenizer.json samples.jsonl
// samples: one {"text": …, "ids": […]} a line. Exit status 1 if any differ.
import fs from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(process.cwd() + '/');
const { Tokenizer } = require('tokenizers');

const [tokenizerPath, samplesPath] = process.argv.slice(2);
const tokenizer = Tokenizer.fromFile(tokenizerPath);
let same = 0, different = 0;
for (const line of fs.readFileSync(samplesPath, 'utf8').split('\n').filter(Boolean)) {
  const { text, ids } = JSON.parse(line);
  const theirs = (await tokenizer.encode(text)).getIds();
  if (JSON.stringify(theirs) === JSON.stringify(ids)) { same++; continue; }
  if (different++ < 10) console.log('differ:', JSON.stringify(text.slice(0, 200)), '\n  here  ', ids.join(' '), '\n  theirs', theirs.join(' '));
}
console.log(`${same} the same, ${different} different`);
process.exit(different ? 1 : 0);
