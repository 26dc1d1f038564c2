// npm run bench [-- --only NAME --json FILE]: each workload on onedge and on its peers, run after run in turns, medians.
// Prints a table; --json writes {machine, versions, rows}. Run it with nothing else going on: other load changes the figures.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { modelWorkloads } from './models.mjs';
import { node } from './places.mjs';
import { tokenizerWorkloads } from './tokenizers.mjs';

const { values: options } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' }, rounds: { type: 'string', default: '15' } } });
const peers = ['onnxruntime-web', 'onnxruntime-node', 'tokenizers', '@huggingface/tokenizers'];

const workloads = [...modelWorkloads, ...tokenizerWorkloads];
const chosen = workloads.filter(({ name }) => !options.only || name.includes(options.only));
if (chosen.length === 0) throw new Error(`no workload is called '${options.only}'; there are ${workloads.map(({ name }) => name).join(', ')}`);
if (tokenizerWorkloads.length === 0) console.error('tokenizers are not measured: there are no shared fixtures');

const machine = { cpu: os.cpus()[0].model, cores: os.cpus().length, node: execFileSync(node, ['--version']).toString().trim() };
const versionOf = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; medians of up to ${options.rounds} runs in turns`);
console.log('workload                                 host    build        ours      peer unit   ratio  target   peer');
const rows = [];
for (const { rows: make } of chosen) {
  for await (const row of make(Number(options.rounds))) {
    rows.push(row);
    const { ours = row.ours_ms, theirs = row.peer_ms, unit = 'ms' } = row;
    const target = row.target ?? (row.limit ? `${row.limit} ${unit}` : '-');
    console.log(
      `${row.name.padEnd(40)} ${row.host.padEnd(7)} ${row.build.padEnd(8)} ${ours.toFixed(2).padStart(8)} ${theirs.toFixed(2).padStart(9)} ${unit.padEnd(4)} ` +
        `${row.ratio.toFixed(2).padStart(7)} ${String(target).padStart(7)}   ${row.peer}`,
    );
  }
}
const report = { machine, versions: Object.fromEntries(peers.map((name) => [name, versionOf(name)])), rows };
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
