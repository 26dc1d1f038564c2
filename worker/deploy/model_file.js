// The file to deploy: a .onedge package, or an .onnx model that the native program packs. It is loaded before the
// upload with the same WebAssembly module as in the Worker, so that a broken or unsupported model is refused here.
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Session } from 'onedge';
import { DeployError, UsageError } from './errors.js';
import { hashOf } from './hash.js';
import { temporaryFolder } from './temporary.js';

/**
 * @returns {Promise<{path: string, bytes: number, sha256: string, name: string, version: string, usedBytes: number}>}
 *   sha256: of the file, in hex; usedBytes: in memory
 */
export async function openPackage(path) {
  const file = await hashOf(createReadStream(path)).catch((error) => {
    throw new DeployError(`${path}: cannot be read (${error.code ?? error.message})`);
  });
  let session;
  try {
    session = await Session.create(path);
    const { name, version } = session.description;
    return { path, ...file, name, version, usedBytes: session.stats().usedBytes };
  } catch (error) {
    throw new DeployError(`${path}: ${error.message}`, { cause: error });
  } finally {
    session?.dispose();
  }
}

const PACKING = ['task', 'labels', 'tokenizer', 'quantize'];

/** Whether the model must be packed. Options that do not fit are wrong usage. */
export function needsPacking(path, options) {
  const extension = extname(path).toLowerCase();
  if (extension === '.onedge') {
    const [given] = PACKING.filter((name) => options[name] !== undefined);
    if (given) throw new UsageError(`--${given}: for an .onnx model; ${basename(path)} is packed already`);
    return false;
  }
  if (extension !== '.onnx') throw new UsageError(`${path}: expected an .onedge or an .onnx file`);
  return true;
}

/**
 * Packs the .onnx model at `path` as `name` and `version`. @returns {string} the path of the package, which is deleted
 * when this process ends
 */
export function pack(path, { name, version, ...options }) {
  const output = join(temporaryFolder(), 'model.onedge');
  const given = PACKING.filter((option) => options[option] !== undefined).flatMap((option) => [`--${option}`, options[option]]);
  const packing = spawnSync(nativeProgram(), ['pack', path, ...given, '--name', name, '--version', version, '-o', output], { encoding: 'utf8' });
  if (packing.error) throw new DeployError(`the native program: ${packing.error.message}`);
  if (packing.status !== 0) throw new DeployError(`packing failed: ${packing.stderr.trim()}`);
  return output;
}

// $ONEDGE_NATIVE, this repository's build, or the program on PATH. npm may have put this JavaScript program on PATH
// under the same name.
function nativeProgram() {
  const { ONEDGE_NATIVE, PATH = '' } = process.env;
  if (ONEDGE_NATIVE) return ONEDGE_NATIVE;
  const places = [fileURLToPath(new URL('../../build/native', import.meta.url)), ...PATH.split(delimiter).filter(Boolean)];
  const program = places.map((place) => join(place, 'onedge')).find((path) => existsSync(path) && !realpathSync(path).endsWith('.mjs'));
  if (program) return program;
  throw new DeployError(
    "packing an .onnx model needs onedge's native program, which is not in the npm package: " +
      'pack the model where the program is installed (onedge pack) and deploy the .onedge file, or set ONEDGE_NATIVE to the program',
  );
}
