// Runs in the tested Node: argv is the build ('' for the package's choice), stdin {model, sentences, topK}.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from '../../js/node.js';

const { model: name, sentences, topK } = JSON.parse(readFileSync(0, 'utf8'));
const path = fileURLToPath(new URL(`../../models/langid/${name}`, import.meta.url));
const model = await load(path, { build: process.argv[2] || undefined });
const answers = await model.run(sentences, { topK });
process.stdout.write(JSON.stringify({ build: model.stats().build, answers }));
model.dispose();
