// One engine in its own process. It prints a line once it is ready. Then, for each line on stdin, it does its work as
// often as the line says and prints the milliseconds of one run (or another figure). The benchmarks compare several
// engines, which take turns.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const TAIL = 4000; // characters of what a process says before it fails

/** @returns {Promise<{run: (times?: number) => Promise<number>, close: () => Promise<void>}>} */
export async function start([program, ...args], environment = {}) {
  const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, ...environment } });
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-TAIL)));
  child.stdin.on('error', () => {}); // the process has ended; next() says so
  const ended = new Promise((resolve) => child.on('close', resolve).on('error', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (!done) return value;
    await ended;
    throw new Error(said.trim() || `${[program, ...args].join(' ')} ended early`);
  };
  await next();
  const run = async (times = 1) => {
    child.stdin.write(`${times}\n`);
    return Number(await next());
  };
  // Ended by force: it has nothing left to do, and Node 24 was seen to hang in process.exit().
  const close = () => {
    child.kill('SIGKILL');
    return ended;
  };
  return { run, close };
}

export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The medians of `rounds` runs of each engine, in turns, after `warm` runs that do not count. */
export async function takeTurns(engines, rounds, warm, times = engines.map(() => 1)) {
  const figures = engines.map(() => []);
  for (let i = 0; i < rounds + warm; ++i) {
    for (const [k, engine] of engines.entries()) {
      const figure = await engine.run(times[k]);
      if (i >= warm) figures[k].push(figure);
    }
  }
  return figures.map(median);
}

/** The same for commands: starts the engines and ends them. */
export async function inTurns(commands, rounds, warm, environment) {
  const engines = [];
  try {
    for (const command of commands) engines.push(await start(command, environment));
    return await takeTurns(engines, rounds, warm);
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
  }
}
