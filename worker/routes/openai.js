// POST /v1/embeddings: OpenAI's embeddings.
import { invalid } from '../errors.js';
import { inputsOf, requireTask } from '../text_requests.js';
import { EMBEDDING_TASKS } from './embed.js';

export async function embeddings({ json, use, runTexts, limits }) {
  const body = await json();
  return use(body.model, async (served) => {
    requireTask(served, ...EMBEDDING_TASKS);
    const format = body.encoding_format ?? 'float';
    if (format !== 'float' && format !== 'base64') throw invalid(`encoding_format: expected float or base64, got ${JSON.stringify(format)}`);
    const { inputs } = inputsOf(body.input, 'ids', limits.maxBatch, 'input');
    const { outputs, tokens } = await runTexts(served, inputs, { truncate: false, direction: 'right' });
    const data = outputs.map((hidden, index) => {
      const vector = served.texts.vector(hidden, { dimensions: body.dimensions ?? undefined });
      return { object: 'embedding', index, embedding: format === 'base64' ? base64Of(vector) : Array.from(vector) };
    });
    return { object: 'list', data, model: `${served.name}@${served.version}`, usage: { prompt_tokens: tokens, total_tokens: tokens } };
  });
}

// Of the float32 values, little-endian.
function base64Of(vector) {
  let binary = '';
  for (const byte of new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
