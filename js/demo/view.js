// The few things that every panel draws.

export const element = (id) => document.getElementById(id);

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
export const milliseconds = (value) => (value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);

/** [{label, score}] as bars with percentages; a screen reader reads "fr 98.7 %". */
export function showBars(list, ranking, nameOf = (label) => label) {
  const items = ranking.map(({ label, score }) => {
    const item = document.createElement('li');
    item.style.setProperty('--share', score);
    for (const text of [nameOf(label), `${(score * 100).toFixed(1)} %`]) item.append(Object.assign(document.createElement('span'), { textContent: text }));
    return item;
  });
  list.replaceChildren(...items);
}

/** A table from rows of cells; the first row is the head. */
export function showTable(table, [head, ...rows]) {
  const rowOf = (cells, tag) => {
    const row = document.createElement('tr');
    row.append(...cells.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
    return row;
  };
  table.replaceChildren(rowOf(head, 'th'), ...rows.map((cells) => rowOf(cells, 'td')));
}

export function showError(id, error) {
  const place = element(id);
  place.textContent = error ? error.message : '';
  place.hidden = !error;
}

/** onProgress for a <progress> and the box around it, which goes when the model is ready. */
export function progressInto(box, bar) {
  return ({ loaded, total, phase }) => {
    if (total) Object.assign(bar, { max: total, value: loaded });
    box.hidden = phase === 'ready';
  };
}
