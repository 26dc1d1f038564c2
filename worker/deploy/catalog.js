// The catalog that the Worker reads: the versions of each model in a store, and each version's share of the requests.
// The functions change the given catalog; nothing here reads or writes a store. docs/deploy.md has the format.
import { CatalogError, parseCatalog as parse } from '../catalog_format.js';
import { newestFirst } from '../version.js';
import { DeployError } from './errors.js';

export const CATALOG = 'catalog.json';

/** @param {string | null} text null: the store has no catalog yet @returns {import('../catalog_format.js').Catalog} */
export function parseCatalog(text, where) {
  if (text === null) return { format: 1, models: {} };
  try {
    return parse(text, where);
  } catch (error) {
    throw error instanceof CatalogError ? new DeployError(error.message) : error;
  }
}

export const formatCatalog = (catalog) => `${JSON.stringify(catalog, null, 2)}\n`;

export function modelOf(catalog, name) {
  const names = Object.keys(catalog.models);
  if (Object.hasOwn(catalog.models, name)) return catalog.models[name];
  throw new DeployError(`unknown model '${name}'; the catalog ${names.length ? `has ${names.join(', ')}` : 'is empty'}`);
}

export const versionsOf = (catalog, name) => (Object.hasOwn(catalog.models, name) ? catalog.models[name].versions : {});

function requireVersion(model, name, version) {
  if (!Object.hasOwn(model.versions, version)) {
    throw new DeployError(`${name} has no version ${version}; it has ${newestFirst(Object.keys(model.versions)).join(', ')}`);
  }
}

/** Adds `entry` ({file, digest, bytes}) as a version. The first version of a model gets all its traffic. */
export function addVersion(catalog, name, version, entry) {
  const versions = versionsOf(catalog, name);
  const present = Object.hasOwn(versions, version) ? versions[version] : undefined;
  if (present && present.digest !== entry.digest) {
    const bytes = `${present.digest}, here ${entry.digest}`;
    const advice = 'a version never changes; omit --version to get the next one';
    throw new DeployError(`${name} ${version} is already deployed with other bytes (${bytes}): ${advice}`);
  }
  if (!Object.hasOwn(catalog.models, name)) catalog.models[name] = { versions: {}, traffic: { [version]: 100 } };
  if (!present) catalog.models[name].versions[version] = entry;
}

/** Gives `version` `percent` of the traffic; the other versions share the rest in their present proportions. */
export function setTraffic(catalog, name, version, percent) {
  const model = modelOf(catalog, name);
  requireVersion(model, name, version);
  const others = Object.entries(model.traffic).filter(([other, share]) => other !== version && share > 0);
  const left = 100 - percent;
  if (left > 0 && others.length === 0) {
    const alone = Object.keys(model.versions).length === 1;
    const only = alone ? 'it has one version, which gets all requests' : 'roll out the version that should have it instead';
    throw new DeployError(`${name}: no other version has traffic to take the remaining ${left} %; ${only}`);
  }
  model.traffic = Object.fromEntries([...apportion(others, left), [version, percent]].filter(([, share]) => share > 0));
}

// Divides `total` into whole percents in the proportion of the shares: rounds down, then gives the rest to the largest
// remainders.
function apportion(shares, total) {
  const sum = shares.reduce((all, [, share]) => all + share, 0);
  const exact = shares.map(([version, share]) => ({ version, share: (share * total) / sum }));
  const rounded = new Map(exact.map(({ version, share }) => [version, Math.floor(share)]));
  const missing = total - [...rounded.values()].reduce((all, share) => all + share, 0);
  const byRemainder = exact.sort((a, b) => (b.share % 1) - (a.share % 1));
  for (const { version } of byRemainder.slice(0, missing)) rounded.set(version, rounded.get(version) + 1);
  return [...rounded];
}

/**
 * Gives `version` all traffic. Without a version: if several share the traffic, the newest loses its share; otherwise
 * all traffic goes to the version before the one that has it.
 */
export function rollBack(catalog, name, version) {
  const model = modelOf(catalog, name);
  if (version !== undefined) return setTraffic(catalog, name, version, 100);
  const [newest, ...sharing] = newestFirst(Object.keys(model.traffic).filter((one) => model.traffic[one] > 0));
  if (sharing.length > 0) return setTraffic(catalog, name, newest, 0);
  const versions = newestFirst(Object.keys(model.versions));
  const older = versions[versions.indexOf(newest) + 1];
  if (older === undefined) throw new DeployError(`${name}: no version is older than ${newest}`);
  return setTraffic(catalog, name, older, 100);
}

/** Removes versions without traffic, except the `keep` newest of all versions. @returns {string[]} the removed ones */
export function dropIdleVersions(catalog, name, keep) {
  const model = modelOf(catalog, name);
  const dropped = newestFirst(Object.keys(model.versions)).slice(keep).filter((version) => !(model.traffic[version] > 0));
  for (const version of dropped) {
    delete model.versions[version];
    delete model.traffic[version];
  }
  return dropped;
}

/** The files that any version of any model names. */
export const filesOf = ({ models }) =>
  new Set(Object.values(models).flatMap(({ versions }) => Object.values(versions).map(({ file }) => file)));
