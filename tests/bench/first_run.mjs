// node first_run.mjs [ENGINE MODEL.onnx NAME=DIMxDIM:FILL...]: loads a model and runs it once in a fresh process, and
// prints {"ms", "peakBytes"}: the time of both, and the peak resident memory. Without arguments: an empty process.
// Engines: sessions.mjs.
import { readFileSync } from 'node:fs';

const [engine, path, ...specs] = process.argv.slice(2);
let ms = 0;
if (engine) {
  const { openSession } = await import('./sessions.mjs');
  const start = performance.now();
  const run = await openSession(engine, path, specs);
  await run();
  ms = performance.now() - start;
}
// Linux counts this for each program. getrusage's ru_maxrss starts at the parent's size at the time of the fork.
const [, kilobytes] = readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s*(\d+) kB/m);
console.log(JSON.stringify({ ms, peakBytes: 1024 * Number(kilobytes) }));
process.exit(0);
