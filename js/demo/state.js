// The row under the title: the build, the origin of the models, memory and time.
import { element, inBytes, milliseconds } from './view.js';

const KINDS = { simd: 'SIMD', relaxed: 'relaxed SIMD', 'simd-threads': 'SIMD', 'relaxed-threads': 'relaxed SIMD' };

/** @param {Promise<object>[]} opening the models @param {Promise<void>} answered when the first answer is shown */
export async function showState(opening, answered) {
  const [settled] = await Promise.all([Promise.allSettled(opening), answered]);
  const models = settled.map(({ value }) => value).filter(Boolean);
  const missing = settled.length - models.length;
  element('said').textContent = missing ? `${missing} of ${settled.length} models could not be loaded.` : 'The models are ready.';
  if (models.length === 0) {
    for (const id of ['build', 'cache', 'memory', 'ready']) element(id).textContent = '–';
    return;
  }
  const all = models.map((model) => model.stats());
  fill('build', `${KINDS[all[0].build]}, ${all[0].threads === 1 ? '1 thread' : `${all[0].threads} threads`}`, all[0].buildReason);
  fill('cache', ...originOf(all));
  fill('memory', inBytes(sum(all, 'wasmMemoryBytes')), `WebAssembly in ${models.length} workers`);
  fill('ready', milliseconds(performance.now()), 'with the first answer');
}

/** The origin of the models, in words. */
function originOf(all) {
  const size = inBytes(sum(all, 'fileBytes'));
  const lost = all.find(({ cache }) => cache === 'none');
  if (lost) return ['not cached', `${size}: ${lost.cacheReason}`];
  if (all.some(({ cache }) => cache === 'stored')) return ['downloaded', `${size}, cached for next time`];
  const offline = all.some(({ cacheReason }) => cacheReason === 'the server cannot be reached');
  return offline ? ['offline', `${size} from the cache`] : ['from the cache', `${size}, ${all[0].cacheReason}`];
}

const sum = (all, name) => all.reduce((total, stats) => total + stats[name], 0);

function fill(id, value, detail) {
  const small = Object.assign(document.createElement('small'), { textContent: detail });
  element(id).replaceChildren(value, ' ', small);
}
