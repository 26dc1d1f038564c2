// Versions of deployed models: semantic ones (semver.org), without build metadata, which is no part of a version's rank.

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

export const isVersion = (text) => VERSION.test(text);

/** Below, above or equal to 0, as `Array.prototype.sort` wants it. Both are versions. */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.match(VERSION));
  for (const i of [1, 2, 3]) {
    if (left[i] !== right[i]) return Number(left[i]) - Number(right[i]);
  }
  return comparePrereleases(left[4], right[4]);
}

// A release is above its prereleases; numbers are below words and are compared as numbers; of equal beginnings the longer is above.
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

/** What a changed model is called after `deployed`: its own version where that is newer than all of them, else the next patch. */
export function nextVersion(deployed, packaged) {
  const own = isVersion(packaged ?? '') ? packaged : undefined;
  const [newest] = newestFirst(deployed);
  if (newest === undefined) return own ?? '1.0.0';
  if (own !== undefined && compareVersions(own, newest) > 0) return own;
  const [, major, minor, patch, prerelease] = newest.match(VERSION);
  return `${major}.${minor}.${prerelease === undefined ? Number(patch) + 1 : patch}`;
}
