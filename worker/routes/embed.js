// POST /embed: a vector for each text. POST /embed_all: one for each of its tokens.
import { invalid } from '../errors.js';
import { flag, inputsOf, requireTask, truncationOf } from '../text_requests.js';

export const EMBEDDING_TASKS = ['feature-extraction', 'sentence-similarity'];

export async function embed({ json, use, runTexts, limits }) {
  const body = await json();
  return use(body.model, async (served) => {
    requireTask(served, ...EMBEDDING_TASKS);
    refusePrompt(body);
    const { inputs } = inputsOf(body.inputs, 'ids', limits.maxBatch);
    const options = { normalize: flag(body, 'normalize', true), dimensions: body.dimensions ?? undefined };
    const { outputs } = await runTexts(served, inputs, truncationOf(body));
    return outputs.map((hidden) => Array.from(served.texts.vector(hidden, options)));
  });
}

export async function embedAll({ json, use, runTexts, limits }) {
  const body = await json();
  return use(body.model, async (served) => {
    requireTask(served, ...EMBEDDING_TASKS);
    refusePrompt(body);
    const { inputs } = inputsOf(body.inputs, 'ids', limits.maxBatch);
    const { outputs } = await runTexts(served, inputs, truncationOf(body));
    return outputs.map(({ data, dims }) => {
      if (dims.length !== 3) throw invalid(`model '${served.name}' gives one vector for a text, none for each token`);
      const [, tokens, dim] = dims;
      return Array.from({ length: tokens }, (_, t) => Array.from(data.subarray(t * dim, (t + 1) * dim)));
    });
  });
}

function refusePrompt(body) {
  if (body.prompt_name != null) throw invalid(`prompt_name: there are no prompts, got '${body.prompt_name}'; put it before the text`);
}
