// The output of the benchmarks: the tables of docs/benchmarks.md, the marks of rows, and the chart.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { plot } from '../bench/chart.mjs';
import { machineLine, markdown, printed, withLoad } from '../bench/report.mjs';

const folder = mkdtempSync(join(tmpdir(), 'onedge-report-'));
after(() => rmSync(folder, { recursive: true }));

const common = { build: 'relaxed', threads: 1, peer: 'onnxruntime-web' };
const rows = [
  { ...common, name: 'kept', host: 'file', ours: 1, theirs: 14.24, unit: 'MB', ratio: 14.24, limit: 1.5 },
  { ...common, name: 'missed', host: 'wasm', ours_ms: 100, peer_ms: 120, ratio: 1.2, target: 1.8 },
  { ...common, name: 'alone', host: 'workerd', ours: 2.5, theirs: null, unit: 'ms', ratio: null, limit: 2, note: 'Error: <no backend>' },
  { ...common, name: 'refused', host: 'wasm', ours_ms: null, peer_ms: null, ratio: null, target: 1, problem: 'refused by onedge: a | b' },
];
const machine = { cpu: 'A & B', family: '25', model: '1', kind: 'A', extensions: ['avx2', 'fma'], cores: 2, load: 0.25, node: '24' };
const report = { machine, versions: { 'onnxruntime-web': '1.30.0' }, rows };
const lineOf = (text, name) => text.split('\n').find((line) => line.startsWith(`| ${name} `));

test('the table replaces what lies between the marks of a document, and nothing else', () => {
  const path = join(folder, 'document.md');
  const alone = markdown(report, join(folder, 'new.md'));
  writeFileSync(path, `before\n${alone}after\n`);
  const again = markdown({ ...report, rows: rows.slice(0, 1) }, path);
  assert.match(again, /^before\n[^]*\nafter\n$/);
  assert.ok(!again.includes('missed'));
  assert.throws(() => markdown(report, new URL('../../package.json', import.meta.url).pathname), /goes between/);
});

test('each kind of machine has its own table', () => {
  const path = join(folder, 'two.md');
  const only = (kind, row) => markdown({ ...report, machine: { ...machine, kind }, rows: [row] }, join(folder, 'new.md'));
  writeFileSync(path, `${only('A', rows[0])}between\n${only('B', rows[1])}`);
  const renewed = markdown({ ...report, machine: { ...machine, kind: 'B' }, rows: [rows[2]] }, path);
  const [a, b] = renewed.split('between\n');
  assert.ok(lineOf(a, 'kept') && lineOf(b, 'alone') && !lineOf(b, 'missed'));
  assert.throws(() => markdown({ ...report, machine: { ...machine, kind: 'neither' } }, path), /figures neither: begin/);
});

test('the first line names the processor, its kind, its extensions and the load', () => {
  assert.equal(machineLine(machine), 'A & B (family 25, model 1), kind A (AVX2 without VNNI): avx2 fma, 2 cores; load 0.25 at the start; node 24');
  assert.match(machineLine({ ...machine, kind: 'neither' }), /neither kind A nor B/);
});

test('a target that is missed and a peer that does not run are said', () => {
  const text = markdown(report, join(folder, 'new.md'));
  assert.equal(lineOf(text, 'kept'), '| kept | files, relaxed | 1.00 MB | 14.2 MB | onnxruntime-web | 14.24 x | <= 1.5 MB | yes |');
  assert.equal(lineOf(text, 'missed'), '| missed | Node.js, WebAssembly, relaxed | 100 ms | 120 ms | onnxruntime-web | 1.20 x | >= 1.8 x | **no** |');
  assert.equal(lineOf(text, 'alone'), '| alone | workerd, relaxed | 2.50 ms | does not run <sup>1</sup> | onnxruntime-web |  | <= 2 ms | **no** |');
  assert.equal(lineOf(text, 'refused'), '| refused | Node.js, WebAssembly, relaxed | no figure <sup>2</sup> | - | onnxruntime-web |  | >= 1 x |  |');
  assert.ok(text.split('\n').includes('<sup>1</sup> Error: &lt;no backend>'));
  assert.ok(text.split('\n').includes('<sup>2</sup> refused by onedge: a | b'));
  assert.match(printed(rows[2]), / 2\.50 +- ms +- <= 2 ms +no +onnxruntime-web$/);
  assert.match(printed(rows[3]), / - +- ms +- >= 1 x +refused by onedge: a \| b$/);
});

test('a row that was measured under load is marked, a size is not', () => {
  const quiet = withLoad(rows[1], { before: 3, others: 0.02 });
  const loud = withLoad(rows[1], { before: 0.5, others: 1.25 });
  assert.equal(quiet.loaded, false);
  assert.equal(loud.loaded, true);
  assert.equal(withLoad(rows[0], { before: 0, others: 1.25 }).loaded, false);
  assert.match(printed(loud), / 0\.50, 1\.25† +onnxruntime-web$/);
  const text = markdown({ ...report, rows: [loud] }, join(folder, 'new.md'));
  assert.match(lineOf(text, 'missed'), / 1\.20 x † /);
  assert.match(text, /^† other programs used more than/m);
  assert.doesNotMatch(markdown({ ...report, rows: [quiet] }, join(folder, 'new.md')), /†/);
});

test('rows that could not be measured are listed with their reason', () => {
  const text = markdown({ ...report, notMeasured: [{ name: 'HTTP', reason: 'no server' }] }, join(folder, 'new.md'));
  assert.match(text, /^Not measured:\n- HTTP: no server$/m);
});

test('the chart has a bar for each of the six rows that has a ratio', () => {
  const headline = { ...rows[1], name: 'minilm-1x128' };
  const svg = plot({ ...report, rows: [...rows, headline, { ...headline, build: 'native', ratio: 0.5 }, { ...headline, build: 'simd' }, { ...headline, name: 'mobilenet-v2', ratio: null }] });
  assert.equal(svg.match(/<rect x=/g).length, 2);
  assert.ok(svg.includes('A &amp; B, kind A') && svg.includes('#2a9d6f') && svg.includes('#d1495b'));
});
