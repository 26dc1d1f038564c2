// Versions of deployed models: semantic versions (semver.org) without build metadata, because metadata does not affect
// the order.

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

export const isVersion = (text) => VERSION.test(text);

/** A number below, above or equal to 0, for `Array.prototype.sort`. Both arguments are versions. */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.match(VERSION));
  for (const i of [1, 2, 3]) {
    if (left[i] !== right[i]) return Number(left[i]) - Number(right[i]);
  }
  return comparePrereleases(left[4], right[4]);
}

// A release is above its prereleases. Numbers are compared as numbers and are below words. If one is a prefix of the
// other, the longer is above.
function comparePrereleases(a, b) {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.min(left.length, right.length); ++i) {
    const [x, y] = [left[i], right[i]];
    if (x === y) continue;
    const [xIsNumber, yIsNumber] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (xIsNumber && yIsNumber) return Number(x) - Number(y);
    if (xIsNumber !== yIsNumber) return xIsNumber ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

export const newestFirst = (versions) => [...versions].sort((a, b) => compareVersions(b, a));

/**
 * The version of a changed model after `deployed`: its own version if that is newer than all of them, otherwise the
 * next patch version.
 */
export function nextVersion(deployed, packaged) {
  const own = isVersion(packaged ?? '') ? packaged : undefined;
  const [newest] = newestFirst(deployed);
  if (newest === undefined) return own ?? '1.0.0';
  if (own !== undefined && compareVersions(own, newest) > 0) return own;
  const [, major, minor, patch, prerelease] = newest.match(VERSION);
  return `${major}.${minor}.${prerelease === undefined ? Number(patch) + 1 : patch}`;
}
