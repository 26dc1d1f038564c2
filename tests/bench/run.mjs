// npm run bench [-- --only NAME,NAME --rounds N --json FILE --markdown FILE --plot FILE --remark TEXT]: runs each
// workload on onedge and on its peers in turns and takes medians. Prints a table; --json writes {machine, versions,
// rows}, --markdown writes the table into a document (see report.mjs), --plot a chart of the ratios. Run it on an idle
// machine: other load changes the figures.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { findChromium } from '../hosts/chromium.mjs';
import { chromiumWorkloads } from './chromium_answers.mjs';
import { edgeWorkloads } from './edge.mjs';
import { firstRunWorkloads } from './first_runs.mjs';
import { modelWorkloads } from './models.mjs';
import { node, root } from './places.mjs';
import { heading, machineLine, markdown, plot, printed } from './report.mjs';
import { sizeWorkloads } from './sizes.mjs';
import { tokenizerWorkloads } from './tokenizers.mjs';

const text = { type: 'string' };
const { values: options } = parseArgs({ options: { only: text, json: text, markdown: text, plot: text, remark: text, rounds: { type: 'string', default: '15' } } });
const peers = ['onnxruntime-web', 'onnxruntime-node', 'tokenizers', '@huggingface/tokenizers', '@huggingface/transformers'];

const workloads = [...sizeWorkloads, ...edgeWorkloads, ...chromiumWorkloads, ...firstRunWorkloads, ...modelWorkloads, ...tokenizerWorkloads];
const wanted = options.only?.split(',');
const chosen = workloads.filter(({ name }) => !wanted || wanted.some((one) => name.includes(one)));
if (chosen.length === 0) throw new Error(`no workload is called '${options.only}'; there are ${workloads.map(({ name }) => name).join(', ')}`);
if (tokenizerWorkloads.length === 0) console.error('tokenizers are not measured: there are no shared fixtures');

const versionOf = (path) => JSON.parse(readFileSync(`${root}/${path}/package.json`, 'utf8')).version;
const says = (program) => execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).match(/\d[\d.]*/)[0];
const machine = { cpu: os.cpus()[0].model, cores: os.cpus().length, node: says(node), chromium: says(findChromium()), workerd: versionOf('node_modules/workerd') };
console.log(`${machineLine(machine)}; medians of up to ${options.rounds} runs in turns`);
console.log(heading());
const rows = [];
const failed = [];
const versions = Object.fromEntries(peers.map((name) => [name, versionOf(`tests/bench/node_modules/${name}`)]));

function write() {
  const report = { machine, versions, rows, failed };
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.markdown) writeFileSync(options.markdown, markdown(report, options.markdown, options.remark));
  if (options.plot) writeFileSync(options.plot, plot(report));
}

for (const { name, rows: make } of chosen) {
  try {
    for await (const row of make(Number(options.rounds))) {
      rows.push(row);
      console.log(printed(row));
    }
  } catch (error) {
    failed.push(name);
    console.error(`${name} failed: ${error.stack}`);
    process.exitCode = 1;
  }
  write(); // after each workload: a run takes long, and its results survive if it is stopped
}
for (const note of new Set(rows.map(({ note }) => note).filter(Boolean))) console.log(`- : ${note}`);
if (failed.length) console.log(`failed: ${failed.join(', ')}`);
