// POST /predict: labels for texts, pairs of texts, or images.
import { invalid } from '../errors.js';
import { flag, inputsOf, requireBatch, requireTask, truncationOf } from '../text_requests.js';

export async function predict({ json, use, runTexts, run, limits }) {
  const body = await json();
  return use(body.model, async (served) => {
    if (served.model.task === 'image-classification') return classifyImages(served, body.inputs, run, limits);
    requireTask(served, 'text-classification');
    const { single, inputs } = inputsOf(body.inputs, 'pairs', limits.maxBatch);
    const raw = flag(body, 'raw_scores', false);
    const { outputs } = await runTexts(served, inputs, truncationOf(body));
    const answers = outputs.map((logits) => served.texts.rank(logits, raw));
    return single ? answers[0] : answers;
  });
}

// As `load({fallback})` sends them: [[{pixels: base64 of rows from the top, width, height, channels}], ...].
async function classifyImages(served, inputs, run, { maxBatch }) {
  if (!Array.isArray(inputs)) throw invalid('inputs: expected an array of images');
  requireBatch(inputs, maxBatch);
  const images = inputs.map((input) => imageOf(Array.isArray(input) ? input[0] : input));
  return run(served, () => served.model.run(images, { topK: 0 }));
}

function imageOf(input) {
  const { pixels, width, height, channels } = input ?? {};
  const sizes = [width, height, channels].every((size) => Number.isSafeInteger(size) && size > 0);
  if (typeof pixels !== 'string' || !sizes) throw invalid('inputs: expected images as {pixels, width, height, channels}');
  let data;
  try {
    data = Uint8Array.from(atob(pixels), (character) => character.charCodeAt(0));
  } catch {
    throw invalid('inputs: pixels: expected base64');
  }
  if (data.length !== width * height * channels) throw invalid(`inputs: ${width} x ${height} x ${channels} pixels, got ${data.length} bytes`);
  return { data, width, height, channels };
}
