// The results of a benchmark run: a line of a table in the terminal, a table in Markdown, a bar chart in SVG.
import { existsSync, readFileSync } from 'node:fs';

const BEGIN = '<!-- figures: begin (written by npm run bench -- --markdown) -->';
const END = '<!-- figures: end -->';
const HOSTS = { native: 'native program', wasm: 'Node.js, WebAssembly', node: 'Node.js, WebAssembly', workerd: 'workerd', chromium: 'Chromium', file: 'files' };

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);
const number = (value) => value.toFixed(digits(Math.abs(value)));

/**
 * {ours, theirs, unit, target, met}: `theirs` is null if the peer does not run, `met` is undefined without a target.
 */
function read(row) {
  const { ours = row.ours_ms, theirs = row.peer_ms, unit = 'ms', target, limit } = row;
  const met = limit !== undefined ? ours <= limit : target !== undefined && row.ratio !== null ? row.ratio >= target : undefined;
  return { ours, theirs, unit, met, target: limit !== undefined ? `<= ${limit} ${unit}` : target !== undefined ? `>= ${target} x` : '' };
}

const columns = [['workload', 66], ['host', 9], ['build', 8], ['ours', -9], ['peer', -9], ['unit', 5], ['ratio', -7], ['target', 11], ['met', 4], ['peer is', 0]];
const line = (cells) => cells.map((cell, i) => (columns[i][1] < 0 ? cell.padStart(-columns[i][1]) : cell.padEnd(columns[i][1]))).join(' ').trimEnd();

export const heading = () => line(columns.map(([name]) => name));
export function printed(row) {
  const { ours, theirs, unit, target, met } = read(row);
  const ratio = row.ratio === null ? '-' : row.ratio.toFixed(2);
  return line([row.name, row.host, row.build, number(ours), theirs === null ? '-' : number(theirs), unit, ratio, target, met === undefined ? '' : met ? 'yes' : 'no', row.peer]);
}

export const machineLine = ({ cpu, cores, ...programs }) => `${cpu}, ${cores} cores; ${Object.entries(programs).map(([name, version]) => `${name} ${version}`).join(', ')}`;

/** The table, between the two marks of the document at `path`, or alone if the document does not exist. */
export function markdown({ machine, versions, rows, failed = [] }, path, remark) {
  const notes = [...new Set(rows.map(({ note }) => note).filter(Boolean))];
  const mark = ({ note }) => (note ? ` <sup>${notes.indexOf(note) + 1}</sup>` : '');
  const lines = rows.map((row) => {
    const { ours, theirs, unit, target, met } = read(row);
    const cells = [
      row.name, `${HOSTS[row.host]}${row.build === 'both' ? '' : `, ${row.build}`}`, `${number(ours)} ${unit}`,
      theirs === null ? `does not run${mark(row)}` : `${number(theirs)} ${unit}`, row.peer, row.ratio === null ? '' : `${row.ratio.toFixed(2)} x`, target, met === undefined ? '' : met ? 'yes' : '**no**',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const text = [
    BEGIN, '',
    `${remark ? `${remark}. ` : ''}${machineLine(machine)}; peers: ${Object.entries(versions).map((pair) => pair.join(' ')).join(', ')}.`, '',
    '| what | measured in | onedge | peer | name of the peer | ratio | target | met |', '|---|---|---|---|---|---|---|---|', ...lines, '',
    ...notes.map((note, i) => `<sup>${i + 1}</sup> ${note.replaceAll('<', '&lt;')}`), ...(notes.length ? [''] : []),
    ...(failed.length ? [`Failed in this run: ${failed.join(', ')}.`, ''] : []), END,
  ].join('\n');
  const document = existsSync(path) ? readFileSync(path, 'utf8') : `${BEGIN}\n${END}\n`;
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path}: the table goes between '${BEGIN}' and '${END}', which it does not have`);
  return document.slice(0, begin) + text + document.slice(end + END.length);
}

const BAR = 14; // pixels
const LABELS = 560;
const WIDTH = 1100;
const MARGIN = 60; // for the number behind the longest bar
const escape = (text) => text.replace(/[<&]/g, (character) => (character === '<' ? '&lt;' : '&amp;'));

/**
 * One bar for each row with a ratio, on a logarithmic scale: to the right of 1 onedge is better. Readable on light and
 * dark pages.
 */
export function plot({ machine, rows }) {
  const shown = rows.filter(({ ratio }) => ratio > 0);
  const height = (shown.length + 1.5) * (BAR + 6);
  const [low, high] = [Math.min(0.5, ...shown.map(({ ratio }) => ratio)), Math.max(2, ...shown.map(({ ratio }) => ratio))].map(Math.log);
  const x = (ratio) => LABELS + ((Math.log(ratio) - low) / (high - low)) * (WIDTH - LABELS - MARGIN);
  const at = (value) => value.toFixed(1);
  const bars = shown.map(({ name, host, build, peer, ratio }, i) => {
    const y = (i + 1) * (BAR + 6);
    const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
    return `<text x="${LABELS - 8}" y="${y + 11}" text-anchor="end">${escape(`${name} (${host}, ${build}) : ${peer}`)}</text>` +
      `<rect x="${at(from)}" y="${y}" width="${at(to - from)}" height="${BAR}" fill="${ratio >= 1 ? '#2a9d6f' : '#d1495b'}"/><text x="${at(to + 4)}" y="${y + 11}">${number(ratio)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11" role="img">`,
    `<title>How many times better onedge is than its peers</title><rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="14" font-weight="bold">Peer / onedge (throughput: onedge / peer), logarithmic; ${escape(machine.cpu)}</text>`,
    ...bars, `<line x1="${at(x(1))}" x2="${at(x(1))}" y1="${BAR + 4}" y2="${height - BAR}" stroke="#333"/>`, '</svg>', '',
  ].join('\n');
}
