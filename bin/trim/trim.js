// `onedge trim`: writes modules that hold only what some models need.
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { Session, Tokenizer, load } from 'onedge';
import { chooseBuild } from '../../js/features.js';
import { DeployError } from '../../worker/deploy/errors.js';
import { loadModel, release } from '../../js/loading.js';
import { Source } from '../../js/source.js';
import { Needs, addDescribed, addNeeds, addUsed } from './needs.js';
import { Trimmer } from './trim_module.js';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const EMBEDDING = ['feature-extraction', 'sentence-similarity'];
// Route -> the tasks of the models that it serves; null: all.
const ROUTES = {
  tokenize: null, decode: null, infer: null, predict: ['text-classification', 'image-classification'],
  rerank: ['text-ranking', 'text-classification'], embed: EMBEDDING, embed_all: EMBEDDING, embeddings: EMBEDDING,
};

/**
 * @param {string[]} models paths or URLs of .onedge and .onnx files and of files of tokenizers
 * @param {{output: string, tasks?: string[], http?: boolean, dist?: string}} options
 * @returns {Promise<{folder: string, operators: string[], tasks: string[], files: object[]}>}
 */
export async function trim(models, { output, tasks = [], http = true, dist = DIST }) {
  const modules = readModules(dist);
  const module = modules.find(({ build }) => build === chooseBuild().build);
  const { map } = module;
  const needs = new Needs(map);
  for (const task of tasks) {
    if (!map.gates.some(([kind, name]) => kind === 'task' && name === task)) throw new DeployError(`--task ${task}: unknown task`);
    needs.add('task', task);
  }
  if (http) needs.add('part', 'http');
  for (const model of models) {
    try {
      const full = await open(model, { build: module.build });
      addDescribed(needs, full.description ?? {});
      full.dispose();
      if (!isTokenizer(model)) addUsed(needs, await usedParts(model, module.build));
      await addNeeds(needs, (options) => open(model, options), module);
      if (!isTokenizer(model)) await addNeeds(needs, (options) => Session.create(model, { ...options, cache: false, optimize: false }), module);
    } catch (error) {
      throw error.code ? new DeployError(error.message.startsWith(model) ? error.message : `${model}: ${error.message}`, { cause: error }) : error;
    }
  }
  for (const [route, served] of Object.entries(ROUTES)) {
    if (http && (!served || served.some((task) => needs.has('task', task)))) needs.add('route', route);
  }
  mkdirSync(output, { recursive: true });
  const files = modules.map(({ name, bytes, trimmer, glue }) => {
    const trimmed = trimmer.trim((...gate) => needs.has(...gate));
    writeFileSync(join(output, `${name}.wasm`), trimmed);
    writeFileSync(join(output, `${name}.mjs`), glue);
    // For the alias of a Worker's configuration: wrangler's alias of a .wasm file itself is not compiled.
    writeFileSync(join(output, `${name}.wasm.js`), `export { default } from './${name}.wasm';\n`);
    return { file: `${name}.wasm`, bytes: trimmed.length, brotli: brotliCompressSync(trimmed).length, from: bytes.length };
  });
  return { folder: output, operators: needs.names('op'), tasks: needs.names('task'), files };
}

const isTokenizer = (path) => /\.(json|txt|model)$/.test(path);

// With and without the optimizer, the kernels are others.
async function usedParts(path, build) {
  let used = '';
  for (const optimize of [true, false]) {
    const loaded = await loadModel(Source.of(path), { build, cache: false, optimize, threads: 1 });
    used += loaded.handle.usedParts();
    release(loaded);
  }
  return used;
}

// A model with a task is loaded as load() does, which checks the task, too.
async function open(path, options) {
  if (isTokenizer(path)) return Tokenizer.from(path, options);
  const session = await Session.create(path, { ...options, cache: false });
  const { task } = session.description;
  if (!task) return session;
  session.dispose();
  return load(path, { ...options, cache: false });
}

function readModules(dist) {
  return readdirSync(dist)
    .filter((file) => /^onedge-.*\.wasm$/.test(file) && !file.endsWith('-threads.wasm')) // those with threads have no map
    .map((file) => {
      const name = file.slice(0, -'.wasm'.length);
      const bytes = readFileSync(join(dist, file));
      const map = JSON.parse(readFileSync(join(dist, `${name}.trim.json`), 'utf8'));
      if (createHash('sha256').update(bytes).digest('hex') !== map.sha256) {
        throw new DeployError(`${join(dist, file)}: not the module of ${name}.trim.json; install or build the package again`);
      }
      return { name, build: name.slice('onedge-'.length), bytes, map, trimmer: new Trimmer(bytes, map), glue: readFileSync(join(dist, `${name}.mjs`)) };
    });
}
