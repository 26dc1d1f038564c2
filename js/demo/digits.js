// The panel that reads a drawn digit: cropped to its ink, centred, and averaged down to the 8 x 8 pixels that the model knows.
import { element, milliseconds, showBars } from './view.js';

const SIDE = 8;
const BLOCK = 4; // the data set counts bits in blocks of 4 x 4

export function showDigitPanel(model) {
  const canvas = element('canvas');
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  let last = null;

  function clear() {
    pen.fillStyle = '#000';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    element('digits').replaceChildren();
    element('digit-timing').textContent = '';
  }

  async function read() {
    const data = smallImage(canvas, pen);
    if (!data) return;
    const ranking = await model.run({ data, width: SIDE, height: SIDE, channels: 1 }, { topK: 5 });
    showBars(element('digits'), ranking);
    element('digit-timing').textContent = milliseconds(model.stats().runMilliseconds);
  }

  const place = ({ offsetX, offsetY }) => [(offsetX * canvas.width) / canvas.clientWidth, (offsetY * canvas.height) / canvas.clientHeight];
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    draw(event);
  });
  canvas.addEventListener('pointermove', draw);
  canvas.addEventListener('pointerup', () => (last = null));
  canvas.addEventListener('pointercancel', () => (last = null));
  function draw(event) {
    if (!last) return;
    const next = place(event);
    Object.assign(pen, { strokeStyle: '#fff', lineWidth: 26, lineCap: 'round', lineJoin: 'round' });
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
    read();
  }

  element('clear').addEventListener('click', () => {
    clear();
    element('glyph').value = '';
  });
  const glyph = element('glyph');
  glyph.append(...[...'0123456789'].map((digit) => new Option(digit)));
  glyph.addEventListener('change', () => {
    clear();
    Object.assign(pen, { fillStyle: '#fff', font: '230px sans-serif', textAlign: 'center', textBaseline: 'middle' });
    pen.fillText(glyph.value, canvas.width / 2, canvas.height / 2 + 10);
    if (glyph.value) read();
  });
  clear();
}

// Uint8Array [64], or null where nothing is drawn.
function smallImage(canvas, pen) {
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let [left, top, right, bottom] = [canvas.width, canvas.height, -1, -1];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] < 128) continue;
    const x = (i / 4) % canvas.width;
    const y = Math.floor(i / 4 / canvas.width);
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  if (right < 0) return null;
  const [width, height] = [right - left + 1, bottom - top + 1];
  const side = SIDE * BLOCK;
  const scale = side / Math.max(width, height);
  const small = new OffscreenCanvas(side, side).getContext('2d');
  small.fillRect(0, 0, side, side);
  small.imageSmoothingQuality = 'high';
  small.drawImage(canvas, left, top, width, height, (side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale);
  const pixels = small.getImageData(0, 0, side, side).data;
  const means = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < means.length; ++i) {
    let sum = 0;
    for (let y = 0; y < BLOCK; ++y) {
      for (let x = 0; x < BLOCK; ++x) sum += pixels[4 * ((Math.floor(i / SIDE) * BLOCK + y) * side + (i % SIDE) * BLOCK + x)];
    }
    means[i] = sum / (BLOCK * BLOCK);
  }
  return means;
}
