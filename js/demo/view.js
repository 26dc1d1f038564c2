// Drawing functions that all panels share.

export const element = (id) => document.getElementById(id);

export const inBytes = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
export const milliseconds = (value) => (value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);
export const percent = (share) => `${(share * 100).toFixed(1)} %`;

/** [{label, score}] as bars with percentages; a screen reader reads "French 98.7 %". */
export function showBars(list, ranking, nameOf = (label) => label) {
  const items = ranking.map(({ label, score }) => {
    const item = document.createElement('li');
    item.style.setProperty('--share', Math.min(Math.max(score, 0), 1));
    for (const text of [nameOf(label), '', percent(score)]) item.append(Object.assign(document.createElement('span'), { textContent: text }));
    return item;
  });
  list.replaceChildren(...items);
}

/** Makes a table from rows of cells; the first row is the head. The caption stays. */
export function showTable(table, [head, ...rows]) {
  const rowOf = (cells, tag, attributes) => {
    const row = document.createElement('tr');
    row.append(...cells.map((text) => Object.assign(document.createElement(tag), { textContent: text, ...attributes })));
    return row;
  };
  table.replaceChildren(...(table.caption ? [table.caption] : []), table.createTHead(), table.createTBody());
  table.tHead.replaceChildren(rowOf(head, 'th', { scope: 'col' }));
  table.tBodies[0].replaceChildren(...rows.map((cells) => rowOf(cells, 'td')));
}

export function showError(id, error) {
  const place = element(id);
  place.textContent = error ? error.message : '';
  place.hidden = !error;
}

/** onProgress for a <progress> and the box around it, which is removed when the model is ready. */
export function progressInto(box, bar) {
  return ({ loaded, total, phase }) => {
    if (total) Object.assign(bar, { max: total, value: loaded });
    box.hidden = phase === 'ready';
  };
}

/** Runs `run` one at a time; further calls in the meantime cause one more run afterwards. */
export function oneAtATime(run) {
  let busy = false;
  let again = false;
  return async () => {
    again = true;
    if (busy) return;
    busy = true;
    try {
      while (again) {
        again = false;
        await run();
      }
    } finally {
      busy = false;
    }
  };
}

const QUIET = 800; // ms

/**
 * Announces `text` in a live region after a pause without changes: a screen reader would read the answer to every key
 * stroke.
 */
export function announcer(id) {
  let timer;
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => (element(id).textContent = text), QUIET);
  };
}
