// The tokens of a text: coloured in it, and as a table.
import { element, showTable } from './view.js';

/** Each token's span of the text in the next colour; what lies between belongs to none. */
export function showTokens(text, { offsets, specialTokensMask, ids }) {
  const parts = [];
  const spans = []; // tokens of one span, which bytes of one character are, share its mark
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
