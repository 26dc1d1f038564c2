// node contestant.mjs ENGINE MODEL.onnx NAME=DIMxDIM:FILL...: one engine in its own process (two ONNX Runtimes in one
// process share their registry of backends, so one would answer for the other). Prints a line once it is loaded; then,
// for each line on stdin, runs the model once on one thread and prints the milliseconds. Engines and inputs:
// sessions.mjs.
import { createInterface } from 'node:readline';
import { openSession } from './sessions.mjs';

const [engine, path, ...specs] = process.argv.slice(2);
const run = await openSession(engine, path, specs);
console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  await run();
  console.log(performance.now() - start);
}
process.exit(0);
