// The script of the test page in Chromium.
import { load } from '/js/browser.js';

globalThis.classify = async (name, sentences, topK, build) => {
  const model = await load(`/models/langid/${name}`, { build });
  const answers = await model.run(sentences, { topK });
  const stats = model.stats();
  model.dispose();
  return { build: stats.build, answers };
};
