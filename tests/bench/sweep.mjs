// Workload: the operator sweep. Small generated models, one operator each as models use it, on every build of onedge
// and on its peer, with a summary.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { race } from './race.mjs';
import { convolutions } from './sweep/convolutions.mjs';
import { controlFlow } from './sweep/control_flow.mjs';
import { elements } from './sweep/elements.mjs';
import { products } from './sweep/products.mjs';
import { targetOf } from './targets.mjs';
import { writeInput } from './tensors.mjs';

const MAX_ROUNDS = 7;
const LOW = 0.5; // a ratio that is too low for any operator
const BUILDS = [['simd', 'relaxed'], ['native']]; // by peer

export const cases = [...convolutions, ...products, ...elements, ...controlFlow].map((one) => ({ ...one, name: `sweep ${one.name}` }));

export async function* rowsOf({ name, make }, rounds) {
  const folder = mkdtempSync(`${os.tmpdir()}/onedge-sweep-`);
  try {
    const { onnx, inputs } = make();
    writeFileSync(`${folder}/model.onnx`, onnx);
    const specs = inputs.map((input) => writeInput(input, `${folder}/${input.name}`));
    for (const builds of BUILDS) for (const row of await race(`${folder}/model.onnx`, specs, builds, Math.min(rounds, MAX_ROUNDS))) yield { name, ...row };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rows that sum up the rows of a sweep, for each build that has figures. */
export function* summary(rows) {
  for (const build of BUILDS.flat()) {
    const all = rows.filter((row) => row.build === build);
    const timed = all.filter(({ ratio }) => ratio > 0).sort((a, b) => a.ratio - b.ratio);
    if (all.length === 0) continue;
    const common = { host: build === 'native' ? 'native' : 'wasm', build, threads: 1, peer: all[0].peer, theirs: null };
    if (timed.length > 0) {
      const mean = Math.exp(timed.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / timed.length);
      yield { ...common, name: 'sweep, geometric mean of the ratios', ours: mean, unit: 'x', ratio: mean, ...targetOf('sweep mean') };
      yield { ...common, name: 'sweep, worst case', ours: timed[0].ours_ms, theirs: timed[0].peer_ms, unit: 'ms', ratio: timed[0].ratio, note: `worst case (${build}): ${timed[0].name}`, ...targetOf('sweep worst') };
    }
    yield { ...common, name: `sweep, cases below ${LOW}`, ours: timed.filter(({ ratio }) => ratio < LOW).length, unit: 'cases', ratio: null, limit: 0 };
    yield { ...common, name: 'sweep, refused or with another output', ours: all.length - timed.length, unit: 'cases', ratio: null, limit: 0 };
  }
}

const measured = []; // rows of this run
async function* recorded(one, rounds) {
  for await (const row of rowsOf(one, rounds)) {
    measured.push(row);
    yield row;
  }
}

/** [{name, rows(rounds)}]: one for each case, then the summary of those that were chosen */
export const sweepWorkloads = [...cases.map((one) => ({ name: one.name, rows: (rounds) => recorded(one, rounds) })), { name: 'sweep', rows: () => summary(measured) }];
