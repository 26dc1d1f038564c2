// One model on onedge and on a peer: their outputs are compared, then they are timed in turns.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { start, takeTurns } from './engine.mjs';
import { node, root } from './places.mjs';
import { difference, readOutputs } from './tensors.mjs';

const TURN = 5; // ms: a turn repeats a shorter run, so that the time of a call and of the clock do not count
const MOST_REPEATS = 500;
const LONG = 500; // ms: slower runs have few rounds
const FEW_ROUNDS = 3;
const LONGEST_REASON = 300; // characters

export const PEERS = { native: 'onnxruntime-node', simd: 'onnxruntime-web', relaxed: 'onnxruntime-web' };
export const command = (engine, path, args) => {
  const [name, threads = '1'] = engine.split('@');
  return name === 'onedge-native' ? [`${root}/build/native/tests/session_bench`, path, threads, ...args] : [node, `${root}/tests/bench/contestant.mjs`, engine, path, ...args];
};

const lastLine = (message) => message.trim().split('\n').at(-1).slice(0, LONGEST_REASON);

/** {engine} once it has run the model, with its outputs, or {refused: why}. */
async function tryEngine(name, path, inputs, save) {
  try {
    const engine = await start(command(name, path, ['--save', save, ...inputs]));
    return { engine, outputs: readOutputs(save) };
  } catch (error) {
    return { refused: lastLine(error.message) };
  }
}

async function time(engines, rounds) {
  const once = await takeTurns(engines, 1, 1);
  const times = once.map((ms) => Math.min(MOST_REPEATS, Math.max(1, Math.round(TURN / ms))));
  return takeTurns(engines, Math.max(...once) > LONG ? Math.min(rounds, FEW_ROUNDS) : rounds, 1, times);
}

/**
 * @param {string[]} builds of onedge, with the same peer
 * @returns {Promise<object[]>} a row for each build, without its name. If one side refuses the model, or the outputs
 * differ, the row has no times but `problem`.
 */
export async function race(path, inputs, builds, rounds) {
  const peer = PEERS[builds[0]];
  const folder = mkdtempSync(`${os.tmpdir()}/onedge-race-`);
  const engines = [];
  try {
    const theirs = await tryEngine(peer, path, inputs, `${folder}/peer`);
    const ours = [];
    for (const build of builds) ours.push(await tryEngine(`onedge-${build}`, path, inputs, `${folder}/${build}`));
    engines.push(...[theirs, ...ours].map(({ engine }) => engine).filter(Boolean));
    const problems = ours.map(({ refused, outputs }) => {
      if (refused) return `refused by onedge: ${refused}`;
      if (theirs.refused) return `refused by ${peer}: ${theirs.refused}`;
      const why = difference(outputs, theirs.outputs);
      return why && `other output than ${peer}: ${why}`;
    });
    const good = ours.filter((_, i) => !problems[i]);
    const [peer_ms, ...figures] = good.length ? await time([theirs.engine, ...good.map(({ engine }) => engine)], rounds) : [null];
    return builds.map((build, i) => {
      const row = { host: build === 'native' ? 'native' : 'wasm', build, threads: 1, peer };
      if (problems[i]) return { ...row, ours_ms: null, peer_ms: null, ratio: null, problem: problems[i] };
      const ours_ms = figures[good.indexOf(ours[i])];
      return { ...row, ours_ms, peer_ms, ratio: peer_ms / ours_ms };
    });
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
    rmSync(folder, { recursive: true });
  }
}
