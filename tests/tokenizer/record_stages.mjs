#!/usr/bin/env node
// Records the answers of Hugging Face tokenizers to stage_cases.mjs in tests/tokenizer/stages.jsonl: for each case a
// line {"name", "tokenizer"}, then for each request a line {"request", "answer"}.
// usage: TOKENIZERS_PACKAGE=node_modules/tokenizers node tests/tokenizer/record_stages.mjs
import fs from 'node:fs';
import { answer, loadHuggingFace } from './hugging_face.mjs';
import { makeStageCases, texts } from './stage_cases.mjs';

const lines = [];
for (const [name, [json, requests]] of Object.entries(makeStageCases(texts))) {
  const tokenizer = loadHuggingFace(json);
  lines.push(JSON.stringify({ name, tokenizer: json }));
  for (const request of requests) lines.push(JSON.stringify({ request, answer: await answer(tokenizer, request) }));
}
const file = new URL('stages.jsonl', import.meta.url);
fs.writeFileSync(file, lines.join('\n') + '\n');
console.log(`${lines.length} lines`);
