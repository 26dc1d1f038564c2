// Rows of this run against an earlier run: after / before, for onedge and for the peer. If the peer's figure changed,
// the machine did.
import { read } from './report.mjs';

export const SLOWER = 0.03; // a row that loses more than this is marked

const keyOf = ({ name, host, build, threads, peer }) => [name, host, build, threads, peer].join('; ');
const kindOf = ({ cpu, kind }) => (kind === 'A' || kind === 'B' ? kind : kind ? `${kind}, ${cpu}` : `unknown, ${cpu}`);

/**
 * Why the machines of two runs cannot be compared, or null. Runs that do not say their kind differ from all others.
 */
export function differentMachines(now, before) {
  if (!before.kind || kindOf(now) !== kindOf(before)) return `this machine is of kind ${kindOf(now)}, the earlier run's of kind ${kindOf(before)}`;
  return null;
}

/** {row, ours, theirs, slower} of a row and the earlier one; `ours` and `theirs` are after / before. */
function change(row, earlier) {
  const [now, before] = [row, earlier].map(read);
  const over = (after, first) => (typeof after === 'number' && typeof first === 'number' && first !== 0 ? after / first : null);
  const ours = over(now.ours, before.ours);
  const rate = now.unit === 'x' || now.unit.endsWith('/s'); // more is better
  return { row, ours, theirs: over(now.theirs, before.theirs), slower: ours !== null && (rate ? ours < 1 / (1 + SLOWER) : ours > 1 + SLOWER) };
}

/** The changes of the rows that both runs have, and the names of those that only one has. */
export function changes(rows, earlier) {
  const before = new Map(earlier.map((row) => [keyOf(row), row]));
  const after = new Set(rows.map(keyOf));
  return {
    both: rows.filter((row) => before.has(keyOf(row)) && read(row).unit === read(before.get(keyOf(row))).unit).map((row) => change(row, before.get(keyOf(row)))),
    added: rows.filter((row) => !before.has(keyOf(row))).map(keyOf),
    gone: earlier.filter((row) => !after.has(keyOf(row))).map(keyOf),
  };
}

const ratio = (value) => (value === null ? '-' : value.toFixed(3)).padStart(7);

/**
 * The lines of a comparison. Throws if the machines are of different kinds, unless `anyway`: then the first line says
 * so.
 */
export function comparison(report, earlier, anyway = false) {
  const why = differentMachines(report.machine, earlier.machine);
  if (why && !anyway) throw new Error(`${why}; --compare-anyway compares them nevertheless`);
  const { both, added, gone } = changes(report.rows, earlier.rows);
  const slower = both.filter((one) => one.slower).length;
  return [
    ...(why ? [`different machines: ${why}`] : []),
    `after / before: onedge, peer; 'slower': onedge lost more than ${100 * SLOWER} %`,
    ...both.map(({ row, ours, theirs, slower: mark }) => `${ratio(ours)} ${ratio(theirs)} ${mark ? 'slower' : '      '} ${row.name} (${row.host}, ${row.build}, ${row.peer})${row.loaded ? ' †' : ''}`),
    ...(added.length ? [`new: ${added.length} rows`] : []),
    ...(gone.length ? [`not in this run: ${gone.length} rows`] : []),
    `${slower} of ${both.length} rows slower`,
  ];
}
