// The panel that tells languages apart while one types, and colours the tokens in the text.
import { element, milliseconds, showBars } from './view.js';

const SAMPLES = {
  Français: 'Bonjour tout le monde, comment allez-vous aujourd’hui ?',
  Deutsch: 'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.',
  Polski: 'Pchnąć w tę łódź jeża lub ośm skrzyń fig.',
  日本語: 'いろはにほへと ちりぬるを わかよたれそ つねならむ',
  Ελληνικά: 'Η γρήγορη αλεπού πηδάει πάνω από τον τεμπέλη σκύλο.',
};
const names = new Intl.DisplayNames(['en'], { type: 'language' });

function nameOf(label) {
  try {
    return names.of(label);
  } catch {
    return label; // not a language code
  }
}

export function showLanguagePanel(model) {
  const text = element('text');
  let busy = false;
  let again = false;

  // One run at a time; what was typed meanwhile is run once, with its latest text.
  async function update() {
    if (busy) return (again = true);
    busy = true;
    do {
      again = false;
      const input = text.value;
      const [ranking, encoding] = await Promise.all([model.run(input, { topK: 5 }), model.tokenizer.encode(input)]);
      showBars(element('languages'), ranking, nameOf);
      showTokens(input, encoding);
      element('language-timing').textContent = `${milliseconds(model.stats().runMilliseconds)}, ${encoding.ids.length} tokens`;
    } while (again);
    busy = false;
  }

  for (const [name, sample] of Object.entries(SAMPLES)) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name });
    button.addEventListener('click', () => {
      text.value = sample;
      update();
    });
    element('samples').append(button);
  }
  text.addEventListener('input', update);
  return update();
}

// Each token's span of the text in the next colour; what lies between belongs to none.
function showTokens(text, { offsets, specialTokensMask, ids }) {
  const parts = [];
  let at = 0;
  offsets.forEach(([begin, end], i) => {
    if (specialTokensMask[i] || end <= begin || begin < at) return;
    if (begin > at) parts.push(text.slice(at, begin));
    const mark = Object.assign(document.createElement('mark'), { textContent: text.slice(begin, end), title: `token ${ids[i]}` });
    mark.style.setProperty('--hue', (parts.length * 67) % 360);
    parts.push(mark);
    at = end;
  });
  element('tokens').replaceChildren(...parts, text.slice(at));
}
