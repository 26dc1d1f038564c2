// npm run bench [-- --only NAME,NAME --rounds N --json FILE --markdown FILE --plot FILE --remark TEXT
// --compare FILE --compare-anyway]: runs each workload on onedge and on its peers in turns and takes medians. Prints a
// table; --json writes {machine, versions, rows, failed, notMeasured}, --markdown writes the table into a document (see
// report.mjs), --plot a chart. --compare: ratios against an earlier --json; a machine of another kind is refused
// without --compare-anyway. Run it on an idle machine: other load changes the figures.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { findChromium } from '../hosts/chromium.mjs';
import { plot } from './chart.mjs';
import { chromiumWorkloads } from './chromium_answers.mjs';
import { comparison, differentMachines } from './compare.mjs';
import { csvWorkloads } from './csv.mjs';
import { edgeWorkloads } from './edge.mjs';
import { firstRunWorkloads } from './first_runs.mjs';
import { httpWorkloads } from './http.mjs';
import { watchLoad } from './load.mjs';
import { processor } from './machine.mjs';
import { modelWorkloads } from './models.mjs';
import { NotMeasured, missingWorkloads } from './not_measured.mjs';
import { node, root } from './places.mjs';
import { productWorkloads } from './products.mjs';
import { realModelWorkloads } from './real_models.mjs';
import { heading, loadNote, machineLine, markdown, printed, withLoad } from './report.mjs';
import { sizeWorkloads } from './sizes.mjs';
import { sweepWorkloads } from './sweep.mjs';
import { tokenizerWorkloads } from './tokenizers.mjs';

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    only: text, json: text, markdown: text, plot: text, remark: text, compare: text, 'compare-anyway': { type: 'boolean' }, rounds: { type: 'string', default: '15' },
  },
});
const peers = ['onnxruntime-web', 'onnxruntime-node', 'tokenizers', '@huggingface/tokenizers', '@huggingface/transformers'];

const workloads = [
  ...sizeWorkloads, ...edgeWorkloads, ...chromiumWorkloads, ...firstRunWorkloads, ...modelWorkloads, ...realModelWorkloads, ...productWorkloads, ...sweepWorkloads,
  ...tokenizerWorkloads, ...csvWorkloads, ...httpWorkloads, ...missingWorkloads,
];
const wanted = options.only?.split(',');
const chosen = workloads.filter(({ name }) => !wanted || wanted.some((one) => name.includes(one)));
if (chosen.length === 0) throw new Error(`no workload is called '${options.only}'; there are ${workloads.map(({ name }) => name).join(', ')}`);

const versionOf = (path) => JSON.parse(readFileSync(`${root}/${path}/package.json`, 'utf8')).version;
const says = (program) => execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).match(/\d[\d.]*/)[0];
const machine = { ...processor, cores: os.cpus().length, load: os.loadavg()[0], node: says(node), chromium: says(findChromium()), workerd: versionOf('node_modules/workerd') };
const earlier = options.compare && JSON.parse(readFileSync(options.compare, 'utf8'));
const different = earlier && differentMachines(machine, earlier.machine);
if (different && !options['compare-anyway']) throw new Error(`${options.compare}: ${different}; --compare-anyway compares them nevertheless`);

console.log(`${machineLine(machine)}; medians of up to ${options.rounds} runs in turns`);
console.log(heading());
const rows = [];
const failed = [];
const notMeasured = [];
const versions = Object.fromEntries(peers.map((name) => [name, versionOf(`tests/bench/node_modules/${name}`)]));
const report = { machine, versions, rows, failed, notMeasured };
if (options.markdown) markdown(report, options.markdown); // a document without the marks fails before the run, not after it

function write() {
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.markdown) writeFileSync(options.markdown, markdown(report, options.markdown, options.remark));
  if (options.plot) writeFileSync(options.plot, plot(report));
}

for (const { name, rows: make } of chosen) {
  const load = watchLoad();
  try {
    for await (const row of make(Number(options.rounds))) {
      rows.push(withLoad(row, load()));
      console.log(printed(rows.at(-1)));
    }
  } catch (error) {
    if (error instanceof NotMeasured) {
      notMeasured.push({ name, reason: error.message });
    } else {
      failed.push(name);
      console.error(`${name} failed: ${error.stack}`);
      process.exitCode = 1;
    }
  }
  write(); // after each workload: a run takes long, and its results survive if it is stopped
}
if (rows.some(({ loaded }) => loaded)) console.log(loadNote);
for (const note of new Set(rows.map(({ note }) => note).filter(Boolean))) console.log(`- : ${note}`);
for (const { name, reason } of notMeasured) console.log(`not measured: ${name}: ${reason}`);
if (failed.length) console.log(`failed: ${failed.join(', ')}`);
if (earlier) console.log(comparison(report, earlier, options['compare-anyway']).join('\n'));
