// onedge deploy: uploads a model to a store, then adds it to the catalog, where the Worker finds it.
import { isDeepStrictEqual } from 'node:util';
import { megabytes } from 'onedge/internal';
import { newestFirst, nextVersion } from '../version.js';
import { archive, archiveName } from './archives.js';
import { addVersion, setTraffic, versionsOf } from './catalog.js';
import { changeCatalog, readCatalog } from './change_catalog.js';
import { DeployError, UsageError } from './errors.js';
import { needsPacking, openPackage, pack } from './model_file.js';

// The default memoryLimit of serve(), for all its models together.
const WORKER_MEMORY = 96e6;

/**
 * @param {object} store see stores/open.js
 * @param {string} path of the .onedge or .onnx file
 * @param {{name?: string, version?: string, traffic?: number, dryRun?: boolean, say: (text: string) => void}} options
 * also the options for packing
 * @returns {Promise<object>} the --json output
 */
export async function deploy(store, path, options) {
  const { dryRun = false, traffic, say } = options;
  const catalog = await readCatalog(store);
  const { model, name, version, reason } = await choose(path, catalog, options);
  if (model.usedBytes > WORKER_MEMORY) {
    const given = `serve() gives its models ${megabytes(WORKER_MEMORY)}`;
    say(`${name} needs ${megabytes(model.usedBytes)} of memory, and ${given}: raise memoryLimit, or quantize the model`);
  }
  const digest = `sha256:${model.sha256}`;
  const present = versionsOf(catalog, name)[version];
  const known = present?.digest === digest ? present : undefined;
  const entry = known ?? { file: archiveName(name, version, model.sha256), digest, bytes: model.bytes };
  const change = (latest) => {
    const first = !Object.hasOwn(latest.models, name);
    // A known version that was pruned in the meantime must not return without its file.
    if (!known) addVersion(latest, name, version, entry);
    if (traffic !== undefined || (!first && !known)) setTraffic(latest, name, version, traffic ?? 100);
  };
  const planned = structuredClone(catalog);
  change(planned); // errors in the plan appear before anything is uploaded
  const result = { name, version, reason, ...entry, store: store.label, dryRun };
  if (isDeepStrictEqual(planned, catalog)) return { ...result, changed: false, traffic: catalog.models[name].traffic };

  if (model.bytes > store.fileLimit) throw new DeployError(`${path} has ${model.bytes} bytes: ${store.limitIs}`);
  if (!known && !dryRun) await archive(store, name, entry.file, model, say);
  const { catalog: latest, changed } = await changeCatalog(store, change, { dryRun, say });
  return { ...result, changed, traffic: latest.models[name].traffic };
}

/** The package, its name, and its version: the requested one, the one with the same bytes, or the next one. */
async function choose(path, catalog, options) {
  if (needsPacking(path, options)) return choosePacked(path, catalog, options);
  const model = await openPackage(path);
  const name = requireName(options.name ?? model.name);
  const versions = versionsOf(catalog, name);
  if (options.version !== undefined) return { model, name, version: options.version, reason: 'as asked' };
  const known = withDigest(versions, model.sha256);
  if (known) return { model, name, version: known, reason: 'has these bytes' };
  const version = nextVersion(Object.keys(versions), model.version.split('+')[0]);
  const reason = version === model.version ? "the package's own" : `the next one; the package says ${model.version}`;
  return { model, name, version, reason };
}

// The version is part of a package. To find out whether the model changed, it is first packed as the newest version.
async function choosePacked(path, catalog, options) {
  const name = requireName(options.name ?? path.split(/[\\/]/).pop().replace(/\.onnx$/i, ''));
  const versions = versionsOf(catalog, name);
  const packed = (version) => openPackage(pack(path, { ...options, name, version }));
  if (options.version !== undefined) return { model: await packed(options.version), name, version: options.version, reason: 'as asked' };
  const [newest] = newestFirst(Object.keys(versions));
  if (newest !== undefined) {
    const model = await packed(newest);
    if (versions[newest].digest === `sha256:${model.sha256}`) return { model, name, version: newest, reason: 'has these bytes' };
  }
  const version = nextVersion(Object.keys(versions));
  return { model: await packed(version), name, version, reason: newest === undefined ? 'the first one' : 'the next one' };
}

const withDigest = (versions, sha256) =>
  newestFirst(Object.keys(versions)).find((version) => versions[version].digest === `sha256:${sha256}`);

function requireName(name) {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && !name.includes('..')) return name;
  throw new UsageError(`the model's name '${name}': expected up to 64 letters, digits, '.', '_' and '-'; give another one with --name`);
}
