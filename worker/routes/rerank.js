// POST /rerank: how well texts answer a query, best first, by a cross-encoder.
import { invalid } from '../errors.js';
import { flag, requireBatch, requireTask, truncationOf } from '../text_requests.js';

export async function rerank({ json, use, runTexts, limits }) {
  const body = await json();
  return use(body.model, async (served) => {
    requireTask(served, 'text-ranking', 'text-classification');
    const { query, texts } = body;
    if (typeof query !== 'string') throw invalid('query: expected a text');
    if (!Array.isArray(texts) || texts.length === 0 || !texts.every((text) => typeof text === 'string')) throw invalid('texts: expected an array of texts');
    requireBatch(texts, limits.maxBatch, 'texts');
    const raw = flag(body, 'raw_scores', false);
    const withText = flag(body, 'return_text', false);
    const { outputs } = await runTexts(served, texts.map((text) => [query, text]), truncationOf(body));
    return outputs
      .map((logits, index) => ({ index, ...(withText && { text: texts[index] }), score: served.texts.relevance(logits, raw) }))
      .sort((a, b) => b.score - a.score);
  });
}
