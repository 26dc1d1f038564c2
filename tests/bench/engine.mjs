// One engine in its own process. It prints a line once it is ready. Then, for each line on stdin, it does its work once
// and prints the milliseconds (or another figure). The benchmarks compare several engines, which take turns.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** @returns {Promise<{run: () => Promise<number>, close: () => void}>} */
export async function start([program, ...args], environment = {}) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...environment } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${[program, ...args].join(' ')} ended early`);
    return value;
  };
  await next();
  const run = async () => {
    child.stdin.write('run\n');
    return Number(await next());
  };
  return { run, close: () => child.stdin.end() };
}

export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The medians of `rounds` runs of each command, in turns, after `warm` runs that do not count. */
export async function inTurns(commands, rounds, warm, environment) {
  const engines = [];
  for (const command of commands) engines.push(await start(command, environment));
  const figures = engines.map(() => []);
  for (let i = 0; i < rounds + warm; ++i) {
    for (const [k, engine] of engines.entries()) {
      const figure = await engine.run();
      if (i >= warm) figures[k].push(figure);
    }
  }
  for (const engine of engines) engine.close();
  return figures.map(median);
}
