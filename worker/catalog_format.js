// Parses the catalog (docs/workers.md), for the Worker, which reads it, and for `onedge deploy`, which writes it. Also
// checks the option `models` of serve().
import { isVersion } from './version.js';

/**
 * @typedef {{name: string, version?: string, file: string, digest?: string, bytes?: number}} Entry digest: sha256 of
 *   the file in hex; without a version, the version in the file counts
 * @typedef {{name: string, entries: Entry[], traffic: [version: string, percent: number][]}} CatalogModel
 * @typedef {{format: 1, models: Record<string, {traffic: Record<string, number>,
 *   versions: Record<string, {file: string, digest: string, bytes: number}>}>}} Catalog the file's content
 */

export class CatalogError extends Error {
  name = 'CatalogError';
}

/** @param {string} text @param {string} where the name of the file, for messages @returns {Catalog} */
export function parseCatalog(text, where) {
  let catalog;
  try {
    catalog = JSON.parse(text);
  } catch (error) {
    throw new CatalogError(`${where}: not valid JSON (${error.message}); write a valid catalog there, or remove it`);
  }
  if (catalog?.format !== 1) {
    throw new CatalogError(`${where}: expected "format": 1, got ${JSON.stringify(catalog?.format)}; a newer onedge may read it`);
  }
  if (!isObject(catalog.models)) throw new CatalogError(`${where}: expected an object as "models"`);
  for (const [name, model] of Object.entries(catalog.models)) requireModel(model, `${where}: model '${name}'`);
  return catalog;
}

function requireModel(model, where) {
  if (!isObject(model?.versions) || !isObject(model.traffic)) {
    throw new CatalogError(`${where}: expected the objects "versions" and "traffic"`);
  }
  for (const [version, { file, digest, bytes } = {}] of Object.entries(model.versions)) {
    if (!isVersion(version)) throw new CatalogError(`${where}: '${version}' is not a version like 1.2.3`);
    if (!isFileName(file) || !/^sha256:[0-9a-f]{64}$/.test(digest) || !isSize(bytes)) {
      throw new CatalogError(`${where}: version ${version}: expected "file", "digest" (sha256:...) and "bytes"`);
    }
  }
  requireTraffic(model.traffic, model.versions, where);
}

function requireTraffic(traffic, versions, where) {
  let sum = 0;
  for (const [version, percent] of Object.entries(traffic)) {
    if (!Object.hasOwn(versions, version)) throw new CatalogError(`${where}: traffic for ${version}, which is not one of its versions`);
    if (!isPercent(percent)) {
      throw new CatalogError(`${where}: traffic of ${version}: expected a whole number from 0 to 100, got ${JSON.stringify(percent)}`);
    }
    sum += percent;
  }
  if (sum !== 100) throw new CatalogError(`${where}: the traffic adds up to ${sum}, not to 100`);
}

/** Whether `name` is a path below a store's root. */
export const isFileName = (name) =>
  typeof name === 'string' && /^[\w.-]+(\/[\w.-]+)*$/.test(name) && !name.split('/').some((part) => /^\.+$/.test(part));

export const isPercent = (value) => Number.isInteger(value) && value >= 0 && value <= 100;

const isSize = (value) => Number.isSafeInteger(value) && value > 0;
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * The models of a catalog, or of serve(). There a model may be a file, {file, digest, bytes, version}, or {versions,
 * traffic} with such files; a single version needs no traffic.
 * @param {Record<string, any>} models @returns {Map<string, CatalogModel>} by name
 */
export function modelsFrom(models, where) {
  return new Map(Object.entries(models).map(([name, model]) => [name, modelFrom(name, model, `${where}: model '${name}'`)]));
}

function modelFrom(name, model, where) {
  if (typeof model === 'string') return { name, entries: [{ name, file: model }], traffic: [] };
  if (!isObject(model)) throw new CatalogError(`${where}: expected a file, {file, digest} or {versions, traffic}`);
  if (!model.versions) return { name, entries: [entryFrom(name, model.version, model, where)], traffic: [] };
  const versions = Object.keys(model.versions);
  const entries = versions.map((version) => entryFrom(name, version, model.versions[version], `${where}, version ${version}`));
  const traffic = model.traffic ?? (versions.length === 1 ? { [versions[0]]: 100 } : {});
  requireTraffic(traffic, model.versions, where);
  return { name, entries, traffic: versions.map((version) => [version, traffic[version] ?? 0]) };
}

function entryFrom(name, version, entry, where) {
  const { file, digest, bytes } = entry ?? {};
  if (typeof file !== 'string' || file === '') throw new CatalogError(`${where}: expected the name of a file as "file"`);
  if (digest !== undefined && !/^(sha256:)?[0-9a-f]{64}$/i.test(digest)) {
    throw new CatalogError(`${where}: digest: expected sha256: and 64 hexadecimal digits, got '${digest}'`);
  }
  if (bytes !== undefined && !isSize(bytes)) throw new CatalogError(`${where}: bytes: expected a number above 0, got ${bytes}`);
  return { name, version, file, digest: digest?.replace(/^sha256:/i, '').toLowerCase(), bytes };
}
