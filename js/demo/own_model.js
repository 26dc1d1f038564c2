// The panel that inspects and runs a file of the visitor's own: by its task, or on random tensors.
import { load, Session } from '../browser.js';
import { dimensionFields, imageField, pixelsFrom, randomFeeds, textField } from './own_input.js';
import { element, megabytes, milliseconds, progressInto, showBars, showError, showTable } from './view.js';

const MEMORY_LIMIT = 1e9; // bytes; what is larger would only be found out by a page that dies
let current = null; // a Model or a Session
let reading = null; // the AbortController of the file that was chosen last

export function showOwnModelPanel() {
  element('file').addEventListener('change', ({ target }) => {
    if (target.files[0]) open(target.files[0]);
    target.value = ''; // so that the same file can be chosen again
  });
  // Anywhere in the page: a file that misses the box would otherwise take the place of the page.
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
    // A run holds the page: first it shows this.
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
    if (signal.aborted) return opened.dispose(); // another file was chosen meanwhile
    current = opened;
    show(file);
  } catch (error) {
    if (!signal.aborted) showError('own-error', new Error(`${file.name}: ${error.message}`));
  } finally {
    if (!signal.aborted) box.hidden = true;
  }
}

// A package with a task that takes one text or one image is a Model, all else a Session.
async function read(file, options) {
  const session = await Session.create(file, options);
  const { task } = session.description;
  if (!TEXT_TASKS.includes(task) && task !== 'image-classification') return session;
  session.dispose();
  return load(file, options);
}

function show(file) {
  const { description } = current;
  const stats = current.stats();
  const facts = {
    File: `${file.name}, ${megabytes(file.size)}`,
    Name: description.name && `${description.name} ${description.version}`,
    Task: description.task,
    Parameters: description.parameters.toLocaleString('en'),
    Memory: `${megabytes(stats.usedBytes)} of weights and activations`,
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
  const onTensors = current instanceof Session;
  const button = Object.assign(document.createElement('button'), { textContent: onTensors ? 'Run on random numbers' : 'Run' });
  element('own-form').replaceChildren(...(onTensors ? dimensionFields(inputs) : takesText() ? [textField()] : [imageField()]), button);
  element('own-said').textContent = `${file.name} is loaded.`;
  element('own').hidden = false;
}

const TEXT_TASKS = ['text-classification', 'token-classification', 'fill-mask', 'feature-extraction'];
const takesText = () => TEXT_TASKS.includes(current.task);

async function run() {
  showError('own-error', null);
  const output = element('own-output');
  if (takesText()) {
    const ranks = current.task === 'text-classification' || current.task === 'fill-mask';
    const answer = await current.run(element('own-text').value, ranks ? { topK: 5 } : {});
    if (answer instanceof Float32Array) {
      output.textContent = `float32 [${answer.length}]: ${[...answer.slice(0, 8)].map((x) => x.toFixed(4)).join(', ')}, …`;
    } else if (answer[0]?.label === undefined) {
      output.textContent = answer.map((entry) => JSON.stringify(entry)).join('\n');
    } else {
      const list = Object.assign(document.createElement('ol'), { className: 'bars' });
      showBars(list, answer);
      output.replaceChildren(list);
    }
    return;
  }
  if (!(current instanceof Session)) {
    const list = Object.assign(document.createElement('ol'), { className: 'bars' });
    showBars(list, await current.run(await pixelsFrom(element('own-image')), { topK: 5 }));
    output.replaceChildren(list, milliseconds(current.stats().runMilliseconds));
    return;
  }
  const feeds = randomFeeds(current.description.signature.inputs, element('own-form'));
  const started = performance.now();
  const outputs = await current.run(feeds);
  const time = milliseconds(performance.now() - started);
  output.textContent = [time, ...Object.entries(outputs).map(lineOf)].join('\n');
}

const SHOWN = 6; // elements of an output

function lineOf([name, { dtype, dims, data }]) {
  const readable = dtype === 'float16' && globalThis.Float16Array ? new Float16Array(data.buffer) : data;
  const first = Array.from(readable.slice(0, SHOWN), (value) => (Number.isInteger(value) || typeof value !== 'number' ? String(value) : value.toPrecision(5)));
  return `${name}: ${dtype} [${dims.join(', ')}] ${first.join(', ')}${readable.length > SHOWN ? ', …' : ''}`;
}
