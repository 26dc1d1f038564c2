// The panel that measures: repeated runs of the language model on texts of three lengths.
import { element, milliseconds, showTable } from './view.js';

const WARM_UP = 5;
const RUNS = 50;
const SENTENCE = 'The quick brown fox jumps over the lazy dog. ';

export function showBenchPanel(model) {
  const button = element('bench');
  button.addEventListener('click', async () => {
    button.disabled = true;
    const rows = [['Tokens', 'Median', '95 of 100', 'A second']];
    for (const copies of [1, 4, 12]) {
      const text = SENTENCE.repeat(copies);
      const { ids } = await model.tokenizer.encode(text);
      const times = [];
      for (let i = 0; i < WARM_UP + RUNS; ++i) {
        await model.run(text);
        if (i >= WARM_UP) times.push(model.stats().runMilliseconds);
        if (i % 10 === 0) element('bench-state').textContent = `${ids.length} tokens: ${i} of ${WARM_UP + RUNS}`;
      }
      times.sort((a, b) => a - b);
      const median = times[times.length >> 1];
      rows.push([ids.length, milliseconds(median), milliseconds(times[Math.floor(times.length * 0.95)]), Math.round(1000 / median)]);
      showTable(element('bench-table'), rows);
      element('bench-table').hidden = false;
    }
    element('bench-state').textContent = `done, ${RUNS} runs each`;
    button.disabled = false;
  });
}
