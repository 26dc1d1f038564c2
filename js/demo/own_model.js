// The panel that inspects and runs a file of the visitor's own: by its task, or on random tensors.
import { load, Session, Tensor } from '../browser.js';
import { element, megabytes, milliseconds, showBars, showError, showTable } from './view.js';

let current = null; // a Model or a Session

export function showOwnModelPanel() {
  const drop = element('drop');
  element('file').addEventListener('change', ({ target }) => target.files[0] && open(target.files[0]));
  for (const type of ['dragover', 'dragleave', 'drop']) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', type === 'dragover');
      if (type === 'drop' && event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
    });
  }
  element('own-form').addEventListener('submit', (event) => {
    event.preventDefault();
    run().catch((error) => showError('own-error', error));
  });
}

async function open(file) {
  showError('own-error', null);
  element('own').hidden = true;
  element('own-output').replaceChildren();
  try {
    current?.dispose();
    current = null;
    current = file.name.endsWith('.onedge') ? await load(file) : await Session.create(file);
    show(file);
  } catch (error) {
    showError('own-error', error);
  }
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
  showTable(element('own-signature'), [['', 'Name', 'Type', 'Shape'], ...inputs.map(rows('input')), ...outputs.map(rows('output'))]);
  const button = Object.assign(document.createElement('button'), { textContent: takesText() ? 'Run' : 'Run on random numbers' });
  const label = Object.assign(document.createElement('label'), { textContent: 'Text' });
  label.append(Object.assign(document.createElement('input'), { type: 'text', id: 'own-text', value: 'A sentence to try it with.' }));
  element('own-form').replaceChildren(...(takesText() ? [label] : []), button);
  element('own').hidden = false;
}

const takesText = () => ['text-classification', 'token-classification', 'fill-mask', 'feature-extraction'].includes(current.task);

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
  if (!(current instanceof Session)) throw new Error(`This page runs the task '${current.task}' in its own panel only.`);
  const feeds = Object.fromEntries(current.description.signature.inputs.map((input) => [input.name, randomTensor(input)]));
  const started = performance.now();
  const outputs = await current.run(feeds);
  const time = milliseconds(performance.now() - started);
  const lines = Object.entries(outputs).map(([name, { dtype, dims, data }]) => `${name}: ${dtype} [${dims}] ${Array.from(data.slice(0, 6), String).join(', ')}, …`);
  output.textContent = [`${time}`, ...lines].join('\n');
}

// Unknown sizes are 1, or 16 where they sound like a sequence; integers are 0 or 1, which any vocabulary has.
function randomTensor({ name, dtype, shape }) {
  const dims = (shape ?? [1]).map((dim) => (typeof dim === 'number' ? dim : /seq|len|time/i.test(dim ?? '') ? 16 : 1));
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (count > 1e8) throw new Error(`input '${name}' is too large to be made up`);
  const integral = /int|bool/.test(dtype);
  return new Tensor(dtype, Array.from({ length: count }, () => (dtype === 'string' ? 'text' : integral ? Math.round(Math.random()) : Math.random())), dims);
}
