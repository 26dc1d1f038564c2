// The panel that inspects and runs a visitor's own file: by its task, or on random tensors.
import { load, Session } from '../browser.js';
import { dimensionFields, randomFeeds, valuesOf } from './own_input.js';
import { formOf, showAnswer } from './own_tasks.js';
import { element, inBytes, milliseconds, progressInto, showError, showTable } from './view.js';

const MEMORY_LIMIT = 1e9; // bytes; a larger model would crash the page
let current = null; // a Model or a Session
let reading = null; // the AbortController of the last chosen file

export function showOwnModelPanel() {
  element('file').addEventListener('change', ({ target }) => {
    if (target.files[0]) open(target.files[0]);
    target.value = ''; // so that the same file can be chosen again
  });
  // Handled on the whole page: otherwise a file dropped beside the box would replace the page.
  for (const type of ['dragover', 'dragleave', 'drop']) {
    window.addEventListener(type, (event) => {
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      if (type !== 'dragleave' || !event.relatedTarget) element('drop').classList.toggle('over', type === 'dragover');
      if (type === 'drop') open(event.dataTransfer.files[0]);
    });
  }
  element('own-form').addEventListener('submit', (event) => {
    event.preventDefault();
    element('own-output').textContent = 'Running …';
    // A run blocks the page, so the page shows this first.
    requestAnimationFrame(() => setTimeout(() => run().catch(fail)));
  });
}

function fail(error) {
  element('own-output').replaceChildren();
  showError('own-error', error);
}

async function open(file) {
  reading?.abort();
  const { signal } = (reading = new AbortController());
  current?.dispose();
  current = null;
  showError('own-error', null);
  element('own').hidden = true;
  element('own-output').replaceChildren();
  const box = element('own-loading');
  box.hidden = false;
  try {
    const opened = await read(file, { signal, memoryLimit: MEMORY_LIMIT, onProgress: progressInto(box, element('own-progress')) });
    if (signal.aborted) return opened.dispose(); // another file was chosen in the meantime
    current = opened;
    show(file);
  } catch (error) {
    if (!signal.aborted) showError('own-error', new Error(`${file.name}: ${error.message}`));
  } finally {
    if (!signal.aborted) box.hidden = true;
  }
}

// A package whose task has a form becomes a Model, everything else a Session.
async function read(file, options) {
  const session = await Session.create(file, options);
  if (!formOf(session.description.task)) return session;
  session.dispose();
  return load(file, options);
}

function show(file) {
  const { description } = current;
  const stats = current.stats();
  const facts = {
    File: `${file.name}, ${inBytes(file.size)}`,
    Name: description.name && `${description.name} ${description.version}`,
    Task: description.task,
    Parameters: description.parameters.toLocaleString('en'),
    Memory: `${inBytes(stats.usedBytes)} of weights and activations`,
    'Loaded in': milliseconds(stats.loadMilliseconds),
    Operators: Object.entries(description.operators).map(([name, count]) => `${name} × ${count}`).join(', '),
    Digest: description.digest,
  };
  element('own-facts').replaceChildren(
    ...Object.entries(facts)
      .filter(([, value]) => value)
      .flatMap(([name, value]) => [
        Object.assign(document.createElement('dt'), { textContent: name }),
        Object.assign(document.createElement('dd'), { textContent: value }),
      ]),
  );
  const { inputs, outputs } = description.signature;
  const rows = (kind) => ({ name, dtype, shape }) => [kind, name, dtype, shape ? `[${shape.map((dim) => dim ?? '?').join(', ')}]` : 'any'];
  showTable(element('own-signature'), [['Kind', 'Name', 'Type', 'Shape'], ...inputs.map(rows('input')), ...outputs.map(rows('output'))]);
  const form = current instanceof Session ? undefined : formOf(current.task);
  const button = Object.assign(document.createElement('button'), { textContent: form ? 'Run' : 'Run on random numbers' });
  element('own-form').replaceChildren(...(form ? form.fields.map((make) => make()) : dimensionFields(inputs)), button);
  element('own-said').textContent = `${file.name} is loaded.`;
  element('own').hidden = false;
}

async function run() {
  showError('own-error', null);
  const output = element('own-output');
  const model = current; // another file may be chosen in the meantime
  if (!(model instanceof Session)) {
    const { input, options } = formOf(model.task);
    const values = await valuesOf(element('own-form'));
    const asked = input(values);
    const answer = await model.run(asked, options?.(values));
    showAnswer(output, answer, asked);
    output.append(`\n${milliseconds(model.stats().runMilliseconds)}`);
    return;
  }
  const feeds = randomFeeds(model.description.signature.inputs, element('own-form'));
  const started = performance.now();
  const outputs = await model.run(feeds);
  const time = milliseconds(performance.now() - started);
  output.textContent = [time, ...Object.entries(outputs).map(lineOf)].join('\n');
}

const SHOWN = 6; // elements shown of an output

function lineOf([name, { dtype, dims, data }]) {
  const readable = dtype === 'float16' && globalThis.Float16Array ? new Float16Array(data.buffer) : data;
  const first = Array.from(readable.slice(0, SHOWN), (value) => (Number.isInteger(value) || typeof value !== 'number' ? String(value) : value.toPrecision(5)));
  return `${name}: ${dtype} [${dims.join(', ')}] ${first.join(', ')}${readable.length > SHOWN ? ', …' : ''}`;
}
