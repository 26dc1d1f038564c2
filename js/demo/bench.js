// The benchmark panel: repeated runs of the language model on texts of three lengths.
import { element, milliseconds, showError, showTable } from './view.js';

const WARM_UP = 5;
const RUNS = 50;
const COPIES = [1, 4, 12];
const SENTENCE = 'The quick brown fox jumps over the lazy dog. ';

/** @param {Promise<object>} opening the model */
export function showBenchPanel(opening) {
  const [button, stop, bar, state] = ['bench', 'bench-stop', 'bench-progress', 'bench-state'].map(element);
  let stopped = false;
  opening.then(
    () => (button.disabled = false),
    () => (state.textContent = 'The language model failed to load.'),
  );
  stop.addEventListener('click', () => (stopped = true));
  button.addEventListener('click', async () => {
    stopped = false;
    show({ running: true });
    stop.focus();
    showError('bench-error', null);
    try {
      await measure(await opening);
    } catch (error) {
      showError('bench-error', error);
    }
    const focused = document.activeElement === stop;
    show({ running: false });
    if (focused) button.focus();
  });

  function show({ running }) {
    button.hidden = running;
    stop.hidden = bar.hidden = !running;
  }

  async function measure(model) {
    const rows = [];
    Object.assign(bar, { max: COPIES.length * (WARM_UP + RUNS), value: 0 });
    state.textContent = 'running';
    for (const copies of COPIES) {
      const text = SENTENCE.repeat(copies);
      const { ids } = await model.tokenizer.encode(text);
      const times = [];
      for (let i = 0; i < WARM_UP + RUNS && !stopped; ++i) {
        await model.run(text);
        if (i >= WARM_UP) times.push(model.stats().runMilliseconds);
        ++bar.value;
      }
      if (stopped) break;
      times.sort((a, b) => a - b);
      const median = times[times.length >> 1];
      rows.push([ids.length, milliseconds(median), milliseconds(times[Math.floor(times.length * 0.95)]), Math.round(1000 / median)]);
      showTable(element('bench-table'), [['Tokens', 'Median', 'p95', 'Runs/s'], ...rows]);
      element('bench-table').hidden = false;
    }
    state.textContent = stopped ? 'stopped' : `done: ${RUNS} runs of each after ${WARM_UP} to warm up`;
  }
}
