// node contestant.mjs ENGINE MODEL.onnx [--save FILE] INPUT...: one engine in its own process (two ONNX Runtimes in one
// process share their registry of backends, so one would answer for the other). Prints a line once it is loaded; then,
// for each line on stdin, runs the model as often as the line says and prints the milliseconds of one run. Engines and
// inputs: sessions.mjs. --save: first runs the model once and saves its outputs.
import { createInterface } from 'node:readline';
import { openSession } from './sessions.mjs';
import { saveOutputs } from './tensors.mjs';

const [engine, path, ...rest] = process.argv.slice(2);
const saves = rest[0] === '--save';
const refuse = (error) => {
  console.error(String(error?.message ?? error).replaceAll('\n', ' ')); // one line: the driver shows it
  process.exit(1);
};
const run = await openSession(engine, path, saves ? rest.slice(2) : rest).catch(refuse);
if (saves) saveOutputs(await run().catch(refuse), rest[1]);
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const runs = Number(line) || 1;
  const start = performance.now();
  for (let i = 0; i < runs; ++i) await run();
  console.log((performance.now() - start) / runs);
}
process.exit(0);
