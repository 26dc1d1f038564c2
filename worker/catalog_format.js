// The models that are served, checked: from the catalog that `onedge deploy` writes (docs/workers.md), or given inline.
import { OnedgeError } from 'onedge';

/**
 * @typedef {{name: string, version?: string, file: string, digest?: string, bytes?: number}} Entry digest: sha256 of the file in hex;
 *   without a version it is the one that the file names
 * @typedef {{name: string, entries: Entry[], traffic: [version: string, percent: number][]}} CatalogModel
 */

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const bad = (message) => new OnedgeError({ code: 'CORRUPT_FILE', message });

/** @returns {Map<string, CatalogModel>} by name */
export function parseCatalog(text, where) {
  let catalog;
  try {
    catalog = JSON.parse(text);
  } catch (error) {
    throw bad(`${where}: no JSON: ${error.message}`);
  }
  if (catalog?.format !== 1) throw bad(`${where}: expected "format": 1, got ${JSON.stringify(catalog?.format)}`);
  if (!isObject(catalog.models)) throw bad(`${where}: expected an object as "models"`);
  return modelsFrom(catalog.models, where);
}

/** @param {Record<string, any>} models name: file, {file, digest}, or {versions, traffic} as in the catalog */
export function modelsFrom(models, where) {
  return new Map(Object.entries(models).map(([name, model]) => [name, modelFrom(name, model, `${where}: model '${name}'`)]));
}

function modelFrom(name, model, where) {
  if (typeof model === 'string') return { name, entries: [{ name, file: model }], traffic: [] };
  if (!isObject(model)) throw bad(`${where}: expected a file, {file, digest} or {versions, traffic}`);
  if (!model.versions) return { name, entries: [entryFrom(name, model.version, model, where)], traffic: [] };
  const versions = Object.entries(model.versions);
  const entries = versions.map(([version, entry]) => entryFrom(name, version, entry, `${where}, version ${version}`));
  const shares = model.traffic ?? (versions.length === 1 ? { [versions[0][0]]: 100 } : {});
  for (const version of Object.keys(shares)) {
    if (!Object.hasOwn(model.versions, version)) throw bad(`${where}: traffic for ${version}, which is no version of it`);
  }
  const traffic = versions.map(([version]) => [version, shares[version] ?? 0]);
  if (!traffic.every(([, percent]) => percent >= 0 && percent <= 100)) throw bad(`${where}: traffic: expected 0 to 100 for each version`);
  const sum = traffic.reduce((all, [, percent]) => all + percent, 0);
  if (Math.abs(sum - 100) > 1e-9) throw bad(`${where}: the traffic adds up to ${sum}, not to 100`);
  return { name, entries, traffic };
}

function entryFrom(name, version, entry, where) {
  const { file, digest, bytes } = entry ?? {};
  if (typeof file !== 'string' || file === '') throw bad(`${where}: expected the name of a file as "file"`);
  if (digest !== undefined && !/^(sha256:)?[0-9a-f]{64}$/i.test(digest)) {
    throw bad(`${where}: digest: expected sha256: and 64 hexadecimal digits, got '${digest}'`);
  }
  if (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes > 0)) throw bad(`${where}: bytes: expected a number above 0, got ${bytes}`);
  return { name, version, file, digest: digest?.replace(/^sha256:/i, '').toLowerCase(), bytes };
}
