// Workloads: models that others published, from the shared data, on their own test inputs.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import { parseTensor } from '../js/tensor_proto.mjs';
import { NotMeasured } from './not_measured.mjs';
import { sharedModels } from './places.mjs';
import { race } from './race.mjs';
import { targetOf } from './targets.mjs';
import { writeInput } from './tensors.mjs';

const folders = {
  squeezenet1: 'zoo-squeezenet1', 'squeezenet-fp16': 'squeezenet-fp16', ultraface: 'ultraface-version-RFB-320', silero_vad: 'silero_vad_16k_op15',
  dtln: 'dtln-model_1', magika: 'magika-standard_v3_3', nnsplit: 'nnsplit-en', tinybert: 'tinybert-tribuo', 'mobilenetv2-int8': 'zoo-mobilenetv2-12-int8',
};

async function* rows(name, rounds) {
  const folder = `${sharedModels}/${folders[name]}`;
  if (!existsSync(folder)) throw new NotMeasured(`there is no ${folder}`);
  const temporary = mkdtempSync(`${os.tmpdir()}/onedge-real-`);
  try {
    const files = readdirSync(`${folder}/test_data_set_ort`).filter((file) => file.startsWith('input_'));
    const inputs = files.map((file) => writeInput(parseTensor(readFileSync(`${folder}/test_data_set_ort/${file}`)), `${temporary}/${file}`));
    for (const builds of [['simd', 'relaxed'], ['native']]) {
      for (const row of await race(`${folder}/model.onnx`, inputs, builds, rounds)) yield { name: `real ${name}`, ...row, ...targetOf('real', row.build) };
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

/** [{name, rows(rounds)}] */
export const realModelWorkloads = Object.keys(folders).map((name) => ({ name: `real ${name}`, rows: (rounds) => rows(name, rounds) }));
