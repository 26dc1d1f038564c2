// The rows of a benchmark run: a line of a table in the terminal, and a table in Markdown (chart.mjs draws the chart).
// A row: {name, host, build, threads, ours or ours_ms, theirs or peer_ms, unit, peer, ratio, target or limit, note,
// problem, load, loaded}. `problem`: why the row has no figures. `loaded`: other programs took time meanwhile.
import { existsSync, readFileSync } from 'node:fs';
import { QUIET } from './load.mjs';
import { KINDS } from './machine.mjs';

const HOSTS = { native: 'native program', wasm: 'Node.js, WebAssembly', node: 'Node.js, WebAssembly', workerd: 'workerd', chromium: 'Chromium', file: 'files' };
const LOADED = '†';
const SIZES = ['MB', 'KB', 'cases']; // other programs do not change them

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);
const number = (value, unit) => (typeof value !== 'number' ? '-' : value.toFixed(unit === 'cases' ? 0 : digits(Math.abs(value))));

/** The row with its load, from watchLoad(). */
export const withLoad = (row, load) => ({ ...row, load, loaded: load.others > QUIET && !row.problem && !SIZES.includes(row.unit) });

/**
 * {ours, theirs, unit, target, met}: `theirs` is null if the peer does not run, `met` is undefined without a target.
 */
export function read(row) {
  const { ours = row.ours_ms, theirs = row.peer_ms, unit = 'ms', target, limit } = row;
  const met = row.problem ? undefined : limit !== undefined ? ours <= limit : target !== undefined && row.ratio !== null ? row.ratio >= target : undefined;
  return { ours, theirs, unit, met, target: limit !== undefined ? `<= ${limit} ${unit}` : target !== undefined ? `>= ${target} x` : '' };
}

const columns = [['workload', 66], ['host', 9], ['build', 8], ['ours', -9], ['peer', -9], ['unit', 5], ['ratio', -7], ['target', 11], ['met', 4], ['load, others', 12], ['peer is', 0]];
const line = (cells) => cells.map((cell, i) => (columns[i][1] < 0 ? cell.padStart(-columns[i][1]) : cell.padEnd(columns[i][1]))).join(' ').trimEnd();

export const heading = () => line(columns.map(([name]) => name));
export function printed(row) {
  const { ours, theirs, unit, target, met } = read(row);
  const ratio = row.ratio === null ? '-' : row.ratio.toFixed(2);
  const load = row.load ? `${row.load.before.toFixed(2)}, ${number(row.load.others)}${row.loaded ? LOADED : ''}` : '';
  const cells = [row.name, row.host, row.build, number(ours, unit), number(theirs, unit), unit, ratio, target, met === undefined ? '' : met ? 'yes' : 'no', load, row.problem ?? row.peer];
  return line(cells);
}

/** The processor, its family, kind and vector extensions, and the versions of the programs. */
export function machineLine({ cpu, family, model, kind, extensions, cores, load, ...programs }) {
  const named = kind ? ` (family ${family}, model ${model}), ${KINDS[kind] ? `kind ${kind} (${KINDS[kind]})` : 'neither kind A nor B'}: ${extensions.join(' ')}` : '';
  const start = load === undefined ? '' : `; load ${load.toFixed(2)} at the start`;
  return `${cpu}${named}, ${cores} cores${start}; ${Object.entries(programs).map(([name, version]) => `${name} ${version}`).join(', ')}`;
}

export const loadNote = `${LOADED} other programs used more than ${QUIET} cores meanwhile: measure again`;

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function table({ machine, versions, rows, failed = [], notMeasured = [] }, remark) {
  const notes = [...new Set(rows.flatMap(({ note, problem }) => [note, problem]).filter(Boolean))];
  const mark = ({ note, problem }) => [note, problem].filter(Boolean).map((one) => ` <sup>${notes.indexOf(one) + 1}</sup>`).join('');
  const lines = rows.map((row) => {
    const { ours, theirs, unit, target, met } = read(row);
    const measured = typeof theirs === 'number';
    const missing = row.problem ? '-' : row.ratio === null && row.peer && !SIZES.includes(unit) ? `does not run${mark(row)}` : '-';
    const cells = [
      cell(row.name), `${HOSTS[row.host]}${row.build === 'both' ? '' : `, ${row.build}`}`, row.problem ? `no figure${mark(row)}` : `${number(ours, unit)} ${unit}`,
      measured ? `${number(theirs, unit)} ${unit}` : missing, row.peer, row.ratio === null ? '' : `${row.ratio.toFixed(2)} x${row.loaded ? ` ${LOADED}` : ''}`, target,
      met === undefined ? '' : met ? 'yes' : '**no**',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const paragraphs = [
    `${remark ? `${remark}. ` : ''}${machineLine(machine)}; peers: ${Object.entries(versions).map((pair) => pair.join(' ')).join(', ')}.`,
    ['| what | measured in | onedge | peer | name of the peer | ratio | target | met |', '|---|---|---|---|---|---|---|---|', ...lines].join('\n'),
    ...(rows.some(({ loaded }) => loaded) ? [`${loadNote}.`] : []),
    ...(notes.length ? [notes.map((note, i) => `<sup>${i + 1}</sup> ${note.replaceAll('<', '&lt;')}`).join('\n')] : []),
    ...(notMeasured.length ? [['Not measured:', ...notMeasured.map(({ name, reason }) => `- ${name}: ${reason}`)].join('\n')] : []),
    ...(failed.length ? [`Failed in this run: ${failed.join(', ')}.`] : []),
  ];
  return paragraphs.join('\n\n');
}

/** The marks between which a document holds the table of a kind of machine. */
export const marksOf = (kind) => [`<!-- figures ${kind}: begin (written by npm run bench -- --markdown) -->`, `<!-- figures ${kind}: end -->`];

/**
 * The document at `path` with the table between the marks of the machine's kind; the tables of other kinds stay. If the
 * document does not exist: the table alone.
 */
export function markdown(report, path, remark) {
  const [first, last] = marksOf(report.machine.kind);
  const document = existsSync(path) ? readFileSync(path, 'utf8') : `${first}\n${last}\n`;
  const [begin, end] = [document.indexOf(first), document.indexOf(last)];
  if (begin < 0 || end < begin) throw new Error(`${path}: the table goes between '${first}' and '${last}', which it does not have`);
  return `${document.slice(0, begin)}${first}\n\n${table(report, remark)}\n\n${document.slice(end)}`;
}
