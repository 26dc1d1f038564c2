// Versions and shares of traffic: worker/deploy/catalog.js and version.js.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addVersion, dropIdleVersions, filesOf, formatCatalog, parseCatalog, rollBack, setTraffic } from '../../worker/deploy/catalog.js';
import { compareVersions, isVersion, newestFirst, nextVersion } from '../../worker/version.js';

const entry = (version) => ({ file: `models/m/${version}-0.onedge`, digest: `sha256:${version.replace(/\D/g, '').padStart(64, '0')}`, bytes: 10 });

/** A catalog with the model m, whose versions have this traffic. */
function catalogOf(traffic) {
  const versions = Object.fromEntries(Object.keys(traffic).map((version) => [version, entry(version)]));
  return { format: 1, models: { m: { versions, traffic: Object.fromEntries(Object.entries(traffic).filter(([, share]) => share > 0)) } } };
}

const trafficAfter = (traffic, change) => {
  const catalog = catalogOf(traffic);
  change(catalog);
  parseCatalog(formatCatalog(catalog), 'test');
  return catalog.models.m.traffic;
};

test('versions are ranked as semver.org has it', () => {
  // The order of its section 11.
  const ranked = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.2', '1.0.10', '2.0.0'];
  for (let i = 0; i < ranked.length; ++i) {
    for (let j = 0; j < ranked.length; ++j) assert.equal(Math.sign(compareVersions(ranked[i], ranked[j])), Math.sign(i - j), `${ranked[i]} ${ranked[j]}`);
  }
  assert.deepEqual(newestFirst(['1.0.9', '1.0.10']), ['1.0.10', '1.0.9']);
  for (const text of ['1.0', 'v1.0.0', '01.0.0', '1.0.0+build', '1.0.0-', '']) assert.equal(isVersion(text), false, text);
});

test('a changed model becomes its own version where that is newer, else the next patch', () => {
  assert.equal(nextVersion([], '1.4.0'), '1.4.0');
  assert.equal(nextVersion([], 'first'), '1.0.0');
  assert.equal(nextVersion([], undefined), '1.0.0');
  assert.equal(nextVersion(['1.0.0'], '1.0.0'), '1.0.1');
  assert.equal(nextVersion(['1.0.0', '1.0.9', '1.0.10'], '1.0.3'), '1.0.11');
  assert.equal(nextVersion(['1.0.0'], '2.0.0'), '2.0.0');
  assert.equal(nextVersion(['2.0.0-rc.1'], '1.0.0'), '2.0.0');
});

test('the others keep their proportions, and the sum is 100', () => {
  assert.deepEqual(trafficAfter({ '1.0.0': 100, '1.0.1': 0 }, (c) => setTraffic(c, 'm', '1.0.1', 10)), { '1.0.0': 90, '1.0.1': 10 });
  assert.deepEqual(trafficAfter({ '1.0.0': 60, '1.0.1': 40, '1.0.2': 0 }, (c) => setTraffic(c, 'm', '1.0.2', 50)), { '1.0.0': 30, '1.0.1': 20, '1.0.2': 50 });
  assert.deepEqual(trafficAfter({ '1.0.0': 90, '1.0.1': 10 }, (c) => setTraffic(c, 'm', '1.0.1', 100)), { '1.0.1': 100 });
  assert.deepEqual(trafficAfter({ '1.0.0': 90, '1.0.1': 10 }, (c) => setTraffic(c, 'm', '1.0.1', 0)), { '1.0.0': 100 });
  for (let percent = 0; percent <= 100; ++percent) {
    const traffic = trafficAfter({ '1.0.0': 33, '1.0.1': 33, '1.0.2': 34, '1.0.3': 0 }, (c) => setTraffic(c, 'm', '1.0.3', percent));
    assert.equal(Object.values(traffic).reduce((sum, share) => sum + share), 100);
    assert.equal(traffic['1.0.3'] ?? 0, percent);
    const shares = ['1.0.0', '1.0.1', '1.0.2'].map((version) => traffic[version] ?? 0);
    assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `${percent}: ${shares}`);
  }
  assert.throws(() => setTraffic(catalogOf({ '1.0.0': 100 }), 'm', '1.0.0', 90), /no other version has traffic/);
  assert.throws(() => setTraffic(catalogOf({ '1.0.0': 100 }), 'm', '2.0.0', 90), /no version 2.0.0; it has 1.0.0/);
  assert.throws(() => setTraffic(catalogOf({ '1.0.0': 100 }), 'n', '2.0.0', 90), /unknown model 'n'; the catalog has m/);
});

test('back: from the newest that shares the traffic, or to the version before', () => {
  assert.deepEqual(trafficAfter({ '1.0.0': 70, '1.0.1': 20, '1.0.2': 10 }, (c) => rollBack(c, 'm')), { '1.0.0': 78, '1.0.1': 22 });
  assert.deepEqual(trafficAfter({ '1.0.0': 0, '1.0.1': 0, '1.0.2': 100 }, (c) => rollBack(c, 'm')), { '1.0.1': 100 });
  assert.deepEqual(trafficAfter({ '1.0.0': 0, '1.0.1': 0, '1.0.2': 100 }, (c) => rollBack(c, 'm', '1.0.0')), { '1.0.0': 100 });
  assert.throws(() => rollBack(catalogOf({ '1.0.0': 100, '1.0.1': 0 }), 'm'), /no version is older than 1.0.0/);
});

test('a version never changes', () => {
  const catalog = catalogOf({ '1.0.0': 100 });
  addVersion(catalog, 'm', '1.0.0', entry('1.0.0'));
  assert.throws(() => addVersion(catalog, 'm', '1.0.0', entry('2.0.0')), /already deployed with other bytes/);
  addVersion(catalog, 'constructor', '1.0.0', entry('1.0.0'));
  assert.deepEqual(catalog.models.constructor.traffic, { '1.0.0': 100 });
  assert.deepEqual(catalog.models.m.traffic, { '1.0.0': 100 });
});

test('versions without traffic go, but for the newest', () => {
  const catalog = catalogOf({ '1.0.0': 0, '1.0.1': 100, '1.0.2': 0, '1.0.3': 0 });
  assert.deepEqual(dropIdleVersions(catalog, 'm', 1), ['1.0.2', '1.0.0']);
  assert.deepEqual(Object.keys(catalog.models.m.versions), ['1.0.1', '1.0.3']);
  assert.deepEqual([...filesOf(catalog)], ['models/m/1.0.1-0.onedge', 'models/m/1.0.3-0.onedge']);
});

test('a catalog that is not sound is refused, with the reason', () => {
  const broken = (change) => {
    const catalog = catalogOf({ '1.0.0': 90, '1.0.1': 10 });
    change(catalog, catalog.models.m);
    return () => parseCatalog(JSON.stringify(catalog), 'here');
  };
  assert.throws(() => parseCatalog('<html>', 'here'), /^DeployError: here: not valid JSON/);
  assert.throws(broken((c) => (c.format = 2)), /expected "format": 1, got 2/);
  assert.throws(broken((c) => (c.models = [])), /expected an object as "models"/);
  assert.throws(broken((_, m) => (m.traffic['1.0.0'] = 80)), /model 'm': the traffic adds up to 90/);
  assert.throws(broken((_, m) => (m.traffic['1.0.0'] = 90.5)), /expected a whole number from 0 to 100, got 90.5/);
  assert.throws(broken((_, m) => (m.traffic = { '3.0.0': 100 })), /traffic for 3.0.0/);
  assert.throws(broken((_, m) => (m.versions['1.0.0'].file = '../../etc/passwd')), /expected "file"/);
  assert.throws(broken((_, m) => (m.versions['1.0.0'].digest = 'sha256:0')), /expected "file"/);
  assert.throws(broken((_, m) => (m.versions.latest = entry('1.0.0'))), /'latest' is not a version/);
  assert.deepEqual(parseCatalog(null, 'here'), { format: 1, models: {} });
});
