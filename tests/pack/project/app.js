// A page of a user's project: a model in the page and one in a worker.
import { load } from 'onedge';

globalThis.answer = async (options) => {
  const model = await load('/langid-int8.onedge', { cache: false, ...options });
  const [best] = await model.run('Das ist ein ganz gewöhnlicher deutscher Satz.');
  const { threads } = model.stats();
  model.dispose();
  return threads > 1 ? `${best.label} on ${threads}` : best.label;
};
