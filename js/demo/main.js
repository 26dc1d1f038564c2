// The demo: two models that ship with onedge, each in a worker of its own; the visitor's own in the page.
import { load } from '../browser.js';
import { showBenchPanel } from './bench.js';
import { showDigitPanel } from './digits.js';
import { showLanguagePanel } from './language.js';
import { showOwnModelPanel } from './own_model.js';
import { element, megabytes, milliseconds, progressInto, showError } from './view.js';

const started = performance.now();
const open = (name, panel) =>
  load(`../../models/${name}`, { worker: true, onProgress: progressInto(element(`${panel}-loading`), element(`${panel}-progress`)) });

/** Where the models came from, in words. */
function originOf({ cache, cacheReason }) {
  if (cache === 'stored') return 'first visit: downloaded and kept';
  if (cache === 'hit') return cacheReason === 'the server cannot be reached' ? 'offline: from the cache' : 'from the cache';
  return `not kept (${cacheReason})`;
}

showOwnModelPanel();
if (navigator.serviceWorker) navigator.serviceWorker.register('service_worker.js').catch(() => {}); // without it the page needs the network
try {
  const [language, digits] = await Promise.all([open('langid/langid-int8.onedge', 'language'), open('digits/digits.onedge', 'digit')]);
  await showLanguagePanel(language);
  showDigitPanel(digits);
  showBenchPanel(language);
  const stats = language.stats();
  element('build').textContent = stats.build;
  element('build').title = `${stats.buildReason}; ${stats.threadsReason}`;
  element('cache').textContent = originOf(stats);
  element('memory').textContent = `${megabytes(stats.wasmMemoryBytes + digits.stats().wasmMemoryBytes)} in two workers`;
  element('ready').textContent = milliseconds(performance.now() - started);
} catch (error) {
  showError('error', error);
}
