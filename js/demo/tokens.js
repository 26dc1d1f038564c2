// The tokens of a text: coloured in the text, and as a table.
import { element, showTable } from './view.js';

/** Colours the span of each token; text between the spans belongs to no token. */
export function showTokens(text, { offsets, specialTokensMask, ids }) {
  const parts = [];
  const spans = []; // tokens with the same span (the bytes of one character) share a mark
  offsets.forEach(([begin, end], i) => {
    if (specialTokensMask[i] || end <= begin) return;
    const last = spans.at(-1);
    if (last && begin < last.end) last.ids.push(ids[i]);
    else spans.push({ begin, end, ids: [ids[i]] });
  });
  let at = 0;
  spans.forEach(({ begin, end, ids: own }, i) => {
    if (begin > at) parts.push(text.slice(at, begin));
    const title = `token ${own.join(', ')} at ${begin} to ${end}`;
    const mark = Object.assign(document.createElement('mark'), { textContent: text.slice(begin, end), title });
    mark.style.setProperty('--hue', (i * 67) % 360);
    parts.push(mark);
    at = end;
  });
  element('tokens').replaceChildren(...parts, text.slice(at));
  const rows = offsets.map(([begin, end], i) => [i, specialTokensMask[i] ? '(special)' : text.slice(begin, end), ids[i], begin, end]);
  showTable(element('offsets-table'), [['Token', 'Text', 'Id', 'Begin', 'End'], ...rows]);
}
