// The panel that identifies the language while the visitor types, and colours the tokens in the text.
import { showTokens } from './tokens.js';
import { announcer, element, milliseconds, oneAtATime, percent, showBars, showError } from './view.js';

const SAMPLES = [
  ['fr', 'Français', 'Bonjour tout le monde, comment allez-vous aujourd’hui ?'],
  ['de', 'Deutsch', 'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.'],
  ['pl', 'Polski', 'Pchnąć w tę łódź jeża lub ośm skrzyń fig.'],
  ['ja', '日本語', 'いろはにほへと ちりぬるを わかよたれそ つねならむ'],
  ['el', 'Ελληνικά', 'Η γρήγορη αλεπού πηδάει πάνω από τον τεμπέλη σκύλο.'],
];
const names = new Intl.DisplayNames(['en'], { type: 'language' });

function nameOf(label) {
  try {
    return names.of(label);
  } catch {
    return label; // not a language code
  }
}

/**
 * @param {Promise<object>} opening the model
 * @returns {Promise<void>} settles when the text in the box has its answer
 */
export function showLanguagePanel(opening) {
  const text = element('text');
  const say = announcer('language-said');

  const update = oneAtATime(async () => {
    try {
      const model = await opening;
      const input = text.value;
      const encoding = await model.tokenizer.encode(input);
      const ranking = input.trim() ? await model.run(input, { topK: 5 }) : [];
      showBars(element('languages'), ranking, nameOf);
      showTokens(input, encoding);
      const count = `${encoding.ids.length} tokens`;
      element('language-timing').textContent = ranking.length ? `${milliseconds(model.stats().runMilliseconds)}, ${count}` : '';
      say(ranking.length ? `${nameOf(ranking[0].label)}, ${percent(ranking[0].score)}` : '');
      showError('language-error', null);
    } catch (error) {
      showError('language-error', error);
    }
  });

  for (const [lang, name, sample] of SAMPLES) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name, lang });
    button.addEventListener('click', () => {
      text.value = sample;
      update();
    });
    element('samples').append(button);
  }
  text.addEventListener('input', update);
  return update();
}
