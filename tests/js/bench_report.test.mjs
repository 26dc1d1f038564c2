// The output of the benchmarks: the table of docs/benchmarks.md and its chart.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { markdown, plot, printed } from '../bench/report.mjs';

const folder = mkdtempSync(join(tmpdir(), 'onedge-report-'));
after(() => rmSync(folder, { recursive: true }));

const common = { build: 'relaxed', threads: 1, peer: 'onnxruntime-web' };
const rows = [
  { ...common, name: 'kept', host: 'file', ours: 1, theirs: 14.24, unit: 'MB', ratio: 14.24, limit: 1.5 },
  { ...common, name: 'missed', host: 'wasm', ours_ms: 100, peer_ms: 120, ratio: 1.2, target: 1.8 },
  { ...common, name: 'alone', host: 'workerd', ours: 2.5, theirs: null, unit: 'ms', ratio: null, limit: 2, note: 'Error: <no backend>' },
];
const report = { machine: { cpu: 'A & B', cores: 2, node: '24' }, versions: { 'onnxruntime-web': '1.30.0' }, rows };

test('the table replaces what lies between the marks of a document, and nothing else', () => {
  const path = join(folder, 'document.md');
  const alone = markdown(report, join(folder, 'new.md'));
  writeFileSync(path, `before\n${alone}after\n`);
  const again = markdown({ ...report, rows: rows.slice(0, 1) }, path);
  assert.match(again, /^before\n[^]*\nafter\n$/);
  assert.ok(!again.includes('missed'));
  assert.throws(() => markdown(report, new URL(import.meta.url).pathname), /goes between/);
});

test('a target that is missed and a peer that does not run are said', () => {
  const lines = markdown(report, join(folder, 'new.md')).split('\n');
  const lineOf = (name) => lines.find((line) => line.startsWith(`| ${name} `));
  assert.equal(lineOf('kept'), '| kept | files, relaxed | 1.00 MB | 14.2 MB | onnxruntime-web | 14.24 x | <= 1.5 MB | yes |');
  assert.equal(lineOf('missed'), '| missed | Node.js, WebAssembly, relaxed | 100 ms | 120 ms | onnxruntime-web | 1.20 x | >= 1.8 x | **no** |');
  assert.equal(lineOf('alone'), '| alone | workerd, relaxed | 2.50 ms | does not run <sup>1</sup> | onnxruntime-web |  | <= 2 ms | **no** |');
  assert.ok(lines.includes('<sup>1</sup> Error: &lt;no backend>'));
  assert.match(printed(rows[2]), / 2\.50 +- ms +- <= 2 ms +no +onnxruntime-web$/);
});

test('the chart has a bar for each row with a ratio', () => {
  const svg = plot(report);
  assert.equal(svg.match(/<rect x=/g).length, 2);
  assert.ok(svg.includes('A &amp; B') && svg.includes('#2a9d6f'));
});
