// The demo: two models that ship with onedge, each in its own worker, and the visitor's model in the page.
import { load } from '../browser.js';
import { showBenchPanel } from './bench.js';
import { showDigitPanel } from './digits.js';
import { showLanguagePanel } from './language.js';
import { showOwnModelPanel } from './own_model.js';
import { showState } from './state.js';
import { element, progressInto } from './view.js';

async function open(path, panel) {
  const box = element(`${panel}-loading`);
  try {
    return await load(`../../models/${path}`, { worker: true, onProgress: progressInto(box, element(`${panel}-progress`)) });
  } finally {
    box.hidden = true;
  }
}

const language = open('langid/langid-int8.onedge', 'language');
const digits = open('digits/digits.onedge', 'digit');
showOwnModelPanel();
showBenchPanel(language);
showDigitPanel(digits);
showState([language, digits], showLanguagePanel(language));
