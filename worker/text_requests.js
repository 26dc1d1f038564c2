// What the requests of text-embeddings-inference have in common: their inputs and options, checked.
import { invalid, tooLarge } from './errors.js';

/** A text, a pair, or token ids, or an array of them: {single, inputs}. `allowed`: 'ids' (texts or ids) or 'pairs' */
export function inputsOf(inputs, allowed, maxBatch, name = 'inputs') {
  const isIds = (value) => Array.isArray(value) && value.length > 0 && value.every((id) => typeof id === 'number');
  const isTexts = (value) => Array.isArray(value) && (value.length === 1 || value.length === 2) && value.every((text) => typeof text === 'string');
  const pairOrText = (texts) => (texts.length === 1 ? texts[0] : texts);
  const single = typeof inputs === 'string' || (allowed === 'ids' ? isIds(inputs) : isTexts(inputs));
  if (single) return { single, inputs: [allowed === 'pairs' && typeof inputs !== 'string' ? pairOrText(inputs) : inputs] };
  if (!Array.isArray(inputs) || inputs.length === 0) throw invalid(`${name}: expected a text or an array of them`);
  requireBatch(inputs, maxBatch, name);
  const batch = inputs.map((input) => {
    if (allowed === 'pairs' && isTexts(input)) return pairOrText(input);
    if (allowed === 'ids' && (typeof input === 'string' || isIds(input))) return input;
    throw invalid(`${name}: expected ${allowed === 'ids' ? 'texts or arrays of token ids' : 'a text, a pair, or an array of [text] and [text, pair]'}`);
  });
  return { single, inputs: batch };
}

export function requireBatch(batch, maxBatch, name = 'inputs') {
  if (batch.length > maxBatch) throw tooLarge(`${name}: ${batch.length} are more than the ${maxBatch} of one request`);
}

export function flag(body, name, fallback) {
  const value = body[name] ?? fallback;
  if (typeof value !== 'boolean') throw invalid(`${name}: expected true or false, got ${JSON.stringify(value)}`);
  return value;
}

/** How texts that are too long are cut, if they may be. */
export function truncationOf(body) {
  const direction = String(body.truncation_direction ?? 'right').toLowerCase();
  if (direction !== 'left' && direction !== 'right') throw invalid(`truncation_direction: expected left or right, got ${JSON.stringify(body.truncation_direction)}`);
  return { truncate: flag(body, 'truncate', false), direction };
}

export function requireTask(served, ...tasks) {
  const { task } = served.model;
  if (!tasks.includes(task)) throw invalid(`the task of model '${served.name}' is '${task}', not '${tasks[0]}'`);
}
