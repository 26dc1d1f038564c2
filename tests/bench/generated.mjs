// The models of the benchmarks, made by scripts of this repository with seeded weights, in PyTorch's export form, and
// cached.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { makeWordPiece } from './make_wordpiece.mjs';
import { root } from './places.mjs';

const cache = `${process.env.XDG_CACHE_HOME || `${os.homedir()}/.cache`}/onedge/bench`;
const VOCABULARY = 30_522; // pieces, as in bert-base-uncased
const python = (script, ...args) => execFileSync('/usr/bin/python3', [`${root}/models/${script}`, ...args], { stdio: ['ignore', 2, 'inherit'] });

// name -> writes it to a path
const generators = {
  'minilm.onnx': (path) => python('minilm/generate.py', path),
  'bert-tiny.onnx': (path) => python('minilm/generate.py', path, '--layers', '2', '--hidden', '128', '--heads', '2', '--intermediate', '512'),
  'mobilenet_v2.onnx': (path) => python('mobilenet_v2/generate.py', path),
  'minilm-int8.onnx': (path) => python('quantize_dynamic.py', generated('minilm.onnx'), path),
  'wordpiece.json': (path) => writeFileSync(path, JSON.stringify(makeWordPiece(VOCABULARY))),
  'minilm-int8.onedge': (path) =>
    execFileSync(
      `${root}/build/native/onedge`,
      ['pack', generated('minilm-int8.onnx'), '--tokenizer', generated('wordpiece.json'), '--task', 'feature-extraction', '--name', 'minilm-int8', '-o', path],
      { stdio: ['ignore', 2, 'inherit'] },
    ),
};

/** @returns {string} the path of a generated file */
export function generated(name) {
  const path = `${cache}/${name}`;
  if (!existsSync(path)) {
    mkdirSync(`${cache}/unfinished`, { recursive: true });
    console.error(`generating ${name}`);
    generators[name](`${cache}/unfinished/${name}`); // the name stays: its extension gives the format
    renameSync(`${cache}/unfinished/${name}`, path);
  }
  return path;
}
