// The load of other programs while a row is measured: the processor time of all, minus that of this process and those
// that it started, now or before. Linux only.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';

/** Cores. Above this a row is marked: other load changes its figures. */
export const QUIET = 0.1;
const SHORTEST = 500; // ms; ticks are 10 ms
const TICKS = 100; // a second, on Linux

function busyTicks() {
  const [user, nice, system, , , interrupts, softInterrupts, steal] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1).map(Number);
  return user + nice + system + interrupts + softInterrupts + steal;
}

/** {pid, parent, ticks} with the time of children that have ended. */
function read(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return { pid, parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((sum, one) => sum + Number(one), 0) };
  } catch {
    return null; // it has ended
  }
}

/** Ticks of this process and of all that it started. */
function ownTicks() {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => read(Number(name))).filter(Boolean);
  const sum = (pid) => all.filter(({ parent }) => parent === pid).reduce((total, child) => total + sum(child.pid), all.find((one) => one.pid === pid)?.ticks ?? 0);
  return sum(process.pid);
}

const look = () => ({ at: performance.now(), busy: busyTicks(), own: ownTicks() });

/**
 * A function that gives the load since its last call: {before: load average of one minute then, others: cores that
 * other programs used}. Rows that come out of one measurement, within half a second, have one load.
 */
export function watchLoad() {
  if (!existsSync('/proc/stat')) return () => ({ before: os.loadavg()[0], others: null });
  let last = look();
  let before = os.loadavg()[0];
  let load = { before, others: null };
  return () => {
    if (performance.now() - last.at < SHORTEST) return load;
    const now = look();
    const others = ((now.busy - last.busy - (now.own - last.own)) / TICKS) * (1000 / (now.at - last.at));
    load = { before, others: Math.max(0, others) };
    [last, before] = [now, os.loadavg()[0]];
    return load;
  };
}
