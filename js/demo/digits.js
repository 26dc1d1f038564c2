// The panel that classifies a drawn digit.
import { smallImage } from './ink.js';
import { announcer, element, milliseconds, oneAtATime, percent, showBars, showError } from './view.js';

/** @param {Promise<object>} opening the model; drawing works before it is loaded */
export function showDigitPanel(opening) {
  const canvas = element('canvas');
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const glyph = element('glyph');
  const say = announcer('digit-said');
  let last = null; // the last point of the stroke; null: no stroke

  const read = oneAtATime(async () => {
    try {
      const model = await opening;
      const image = smallImage(canvas, pen);
      const ranking = image ? await model.run(image, { topK: 5 }) : [];
      showBars(element('digits'), ranking);
      element('digit-timing').textContent = ranking.length ? milliseconds(model.stats().runMilliseconds) : '';
      say(ranking.length ? `${ranking[0].label}, ${percent(ranking[0].score)}` : '');
    } catch (error) {
      showError('digit-error', error);
    }
  });
  opening.catch((error) => showError('digit-error', error));

  function clear() {
    pen.fillStyle = '#000';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    element('hint').hidden = false;
    read();
  }

  const place = ({ offsetX, offsetY }) => [(offsetX * canvas.width) / canvas.clientWidth, (offsetY * canvas.height) / canvas.clientHeight];
  function draw(event) {
    if (!last || !event.isPrimary) return;
    const next = place(event);
    Object.assign(pen, { strokeStyle: '#fff', lineWidth: 26, lineCap: 'round', lineJoin: 'round' });
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
    read();
  }
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    if (glyph.value) {
      glyph.value = '';
      clear();
    }
    element('hint').hidden = true;
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    draw(event);
  });
  canvas.addEventListener('pointermove', draw);
  for (const type of ['pointerup', 'pointercancel']) canvas.addEventListener(type, ({ isPrimary }) => isPrimary && (last = null));

  element('clear').addEventListener('click', () => {
    glyph.value = '';
    clear();
  });
  glyph.append(...[...'0123456789'].map((digit) => new Option(digit)));
  glyph.addEventListener('change', () => {
    clear();
    if (!glyph.value) return;
    element('hint').hidden = true;
    Object.assign(pen, { fillStyle: '#fff', font: '230px sans-serif', textAlign: 'center', textBaseline: 'middle' });
    pen.fillText(glyph.value, canvas.width / 2, canvas.height / 2 + 10);
    read();
  });
  glyph.value = ''; // a reload would keep the choice but not the drawing
  clear();
}
