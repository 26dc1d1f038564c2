// onedge deploy, deployments, rollout, rollback and prune on folders: effects, output, and refusals.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { emptyFolder, models, onedge, project, root } from './command.mjs';
import { packageWithZeros } from './packages.mjs';

const native = path.join(root, 'build/native/onedge');
const to = ['--to', 'dir:store'];
const deploy = (cwd, model, ...args) => onedge(cwd, ['deploy', model, ...to, ...args]);
const catalogIn = (cwd, store = 'store') => JSON.parse(readFileSync(path.join(cwd, store, 'catalog.json'), 'utf8'));
const filesIn = (folder) => readdirSync(folder, { recursive: true }).filter((name) => statSync(path.join(folder, name)).isFile()).sort();

const hash = (data) => createHash('sha256').update(data).digest('hex');

function succeeded({ status, out, err }) {
  assert.equal(status, 0, err);
  return out;
}

function failed({ status, out, err }, expected, pattern) {
  assert.equal(status, expected, err);
  assert.match(err, pattern);
  assert.equal(out, '');
}

test('the first version gets all traffic; the same bytes again change nothing', async (t) => {
  const cwd = project(t);
  const { store, ...result } = JSON.parse(succeeded(await deploy(cwd, models.digits, '--json')));
  const bytes = readFileSync(models.digits);
  const sha256 = hash(bytes);
  assert.deepEqual(catalogIn(cwd), {
    format: 1,
    models: { digits: { versions: { '1.0.0': { file: result.file, digest: result.digest, bytes: bytes.length } }, traffic: { '1.0.0': 100 } } },
  });
  assert.equal(result.digest, `sha256:${sha256}`);
  assert.equal(result.file, `models/digits/1.0.0-${sha256.slice(0, 16)}.onedge`);
  assert.deepEqual([result.changed, result.dryRun, store], [true, false, 'dir:store']);
  assert.equal(hash(readFileSync(path.join(cwd, 'store', result.file))), sha256);

  const before = readFileSync(path.join(cwd, 'store/catalog.json'), 'utf8');
  assert.match(succeeded(await deploy(cwd, models.digits)), /digits 1\.0\.0 is deployed in dir:store already, with these bytes: nothing changes/);
  assert.equal(readFileSync(path.join(cwd, 'store/catalog.json'), 'utf8'), before);
  assert.deepEqual(filesIn(path.join(cwd, 'store')), ['catalog.json', 'models/digits/archives.json', result.file].sort());
});

test('a changed model is the next version; the same version with other bytes is refused', async (t) => {
  const cwd = project(t);
  succeeded(await deploy(cwd, models['langid-int8'], '--name', 'langid'));
  failed(await deploy(cwd, models.langid, '--version', '1.0.0'), 1, /langid 1\.0\.0 is already deployed with other bytes \(sha256:.*omit --version/);
  assert.match(succeeded(await deploy(cwd, models.langid, '--traffic', '10')), /langid 1\.0\.1 .*traffic: 1\.0\.0 90 %, 1\.0\.1 10 %/s);
  assert.deepEqual(catalogIn(cwd).models.langid.traffic, { '1.0.0': 90, '1.0.1': 10 });
  // The first model again: it is stored already and gets no traffic back.
  succeeded(await deploy(cwd, models['langid-int8'], '--name', 'langid'));
  assert.deepEqual(catalogIn(cwd).models.langid.traffic, { '1.0.0': 90, '1.0.1': 10 });
  succeeded(await deploy(cwd, models.digits, '--name', 'langid', '--version', '2.0.0'));
  assert.deepEqual(catalogIn(cwd).models.langid.traffic, { '2.0.0': 100 });
  succeeded(await deploy(cwd, models.digits));

  const table = succeeded(await onedge(cwd, ['deployments', ...to])).trim().split('\n').map((line) => line.split(/  +/));
  assert.deepEqual(table.map((row) => row.slice(0, 3)), [
    ['model', 'version', 'traffic'], ['langid', '2.0.0', '100 %'], ['langid', '1.0.1', '0 %'], ['langid', '1.0.0', '0 %'], ['digits', '1.0.0', '100 %'],
  ]);
  const { store, ...listed } = JSON.parse(succeeded(await onedge(cwd, ['deployments', ...to, '--json'])));
  assert.deepEqual(listed, catalogIn(cwd));
  assert.equal(store, 'dir:store');
});

test('out and back', async (t) => {
  const cwd = project(t);
  succeeded(await deploy(cwd, models['langid-int8'], '--name', 'langid'));
  succeeded(await deploy(cwd, models.langid, '--traffic', '0'));
  const traffic = () => catalogIn(cwd).models.langid.traffic;
  assert.deepEqual(traffic(), { '1.0.0': 100 });
  assert.match(succeeded(await onedge(cwd, ['rollout', 'langid', '1.0.1', '25', ...to, '--dry-run'])), /would get 1\.0\.0 75 %, 1\.0\.1 25 %/);
  assert.deepEqual(traffic(), { '1.0.0': 100 });
  for (const [args, expected] of [
    [['rollout', 'langid', '1.0.1', '25'], { '1.0.0': 75, '1.0.1': 25 }],
    [['rollback', 'langid'], { '1.0.0': 100 }],
    [['rollout', 'langid', '1.0.1', '100'], { '1.0.1': 100 }],
    [['rollback', 'langid'], { '1.0.0': 100 }],
    [['rollback', 'langid', '1.0.1'], { '1.0.1': 100 }],
  ]) {
    assert.deepEqual(JSON.parse(succeeded(await onedge(cwd, [...args, ...to, '--json']))).traffic, expected);
    assert.deepEqual(traffic(), expected);
  }
  assert.match(succeeded(await onedge(cwd, ['rollback', 'langid', '1.0.1', ...to])), /nothing changes/);
  succeeded(await onedge(cwd, ['rollback', 'langid', '1.0.0', ...to]));
  failed(await onedge(cwd, ['rollback', 'langid', ...to]), 1, /no version is older than 1\.0\.0/);
  failed(await onedge(cwd, ['rollback', 'other', ...to]), 1, /unknown model 'other'; the catalog has langid/);
  failed(await onedge(cwd, ['rollout', 'langid', '3.0.0', '5', ...to]), 1, /no version 3\.0\.0; it has 1\.0\.1, 1\.0\.0/);
});

test('--dry-run writes nothing, and finds what would fail', async (t) => {
  const cwd = project(t);
  assert.match(succeeded(await deploy(cwd, models.digits, '--dry-run')), /digits 1\.0\.0 .* would be in dir:store/);
  assert.ok(!existsSync(path.join(cwd, 'store')));
  succeeded(await deploy(cwd, models.digits));
  failed(await deploy(cwd, models.langid, '--name', 'digits', '--version', '1.0.0', '--dry-run'), 1, /other bytes/);
  failed(await deploy(cwd, models.langid, '--traffic', '10', '--dry-run'), 1, /it has one version, which gets all requests/);
});

test('a model that is broken, or that this onedge cannot run, is not uploaded', async (t) => {
  const cwd = project(t);
  const broken = path.join(cwd, 'broken.onedge');
  copyFileSync(models.digits, broken);
  const bytes = readFileSync(broken);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(broken, bytes);
  failed(await deploy(cwd, broken), 1, /broken\.onedge: .*weights\.bin/);
  copyFileSync(models.digits, broken);
  truncateSync(broken, 50_000);
  failed(await deploy(cwd, broken), 1, /broken\.onedge: ./);
  failed(await deploy(cwd, 'none.onedge'), 1, /none\.onedge: cannot be read \(ENOENT\)/);
  failed(await onedge(cwd, ['deploy', models.digits, '--to', 'dir:broken.onedge']), 1, /^onedge: ENOTDIR: /);
  assert.ok(!existsSync(path.join(cwd, 'store')));
});

test('assets are served with the next deployment of the Worker, and hold at most 25 MiB', async (t) => {
  const cwd = project(t);
  assert.match(succeeded(await onedge(cwd, ['deploy', models.digits, '--to', 'assets:public'])), /served when the Worker is deployed/);
  assert.deepEqual(Object.keys(catalogIn(cwd, 'public').models), ['digits']);
  // Unread parts may have any size: they are zeros here.
  const large = path.join(cwd, 'large.onedge');
  packageWithZeros(models.digits, large, 26 << 20);
  failed(await onedge(cwd, ['deploy', large, '--to', 'assets:public', '--version', '2.0.0']), 1, /a static asset holds at most 25 MiB/);
  assert.deepEqual(Object.keys(catalogIn(cwd, 'public').models.digits.versions), ['1.0.0']);
  succeeded(await onedge(cwd, ['deploy', large, '--to', 'dir:public', '--version', '2.0.0']));
});

test('prune removes what no version names', async (t) => {
  const cwd = project(t);
  succeeded(await deploy(cwd, models['langid-int8'], '--name', 'langid'));
  succeeded(await deploy(cwd, models.langid));
  succeeded(await deploy(cwd, models.digits, '--name', 'langid'));
  const [first, second, third] = Object.values(catalogIn(cwd).models.langid.versions).map(({ file }) => file);
  const prune = async (...args) => succeeded(await onedge(cwd, ['prune', 'langid', ...to, ...args]));
  const there = (file) => existsSync(path.join(cwd, 'store', file));
  assert.match(await prune(), /nothing to prune for langid/);
  assert.match(await prune('--keep', '2'), /would be removed.*\n  langid 1\.0\.0\n  models\/langid\/1\.0\.0-/);
  assert.ok(there(first));
  await prune('--keep', '2', '--yes');
  assert.deepEqual([first, second, third].map(there), [false, true, true]);
  assert.deepEqual(Object.keys(catalogIn(cwd).models.langid.versions), ['1.0.1', '1.0.2']);
  // A file of an unfinished upload is kept until it is old.
  const catalog = catalogIn(cwd);
  delete catalog.models.langid.versions['1.0.1'];
  writeFileSync(path.join(cwd, 'store/catalog.json'), JSON.stringify(catalog));
  const young = await onedge(cwd, ['prune', 'langid', ...to, '--yes']);
  assert.match(young.err, /1\.0\.1-\w+\.onedge is kept: its upload began/);
  assert.ok(there(second));
  await prune('--older-than', '0', '--yes');
  assert.deepEqual([second, third].map(there), [false, true]);
  assert.match(await prune('--older-than', '0'), /nothing to prune for langid/);
  failed(await onedge(cwd, ['prune', 'other', ...to]), 1, /unknown model 'other'/);
});

test('wrong usage has exit status 2 and says what is right', async (t) => {
  const cwd = project(t);
  const cases = [
    [[], /^usage: onedge COMMAND/],
    [['run'], /unknown command 'run'/],
    [['deploy', ...to], /usage: onedge deploy MODEL/],
    [['deploy', 'a.onedge', 'b.onedge', ...to], /usage: onedge deploy MODEL/],
    [['deploy', 'a.onedge', ...to, '--fast'], /Unknown option '--fast'/],
    [['deploy', 'a.txt', ...to], /a\.txt: expected an \.onedge or an \.onnx file/],
    [['deploy', models.digits, ...to, '--quantize', 'int8'], /--quantize: for an \.onnx model/],
    [['deploy', models.digits, ...to, '--traffic', '101'], /101: expected a whole percentage/],
    [['deploy', models.digits, ...to, '--traffic', '0.5'], /0\.5: expected a whole percentage/],
    [['deploy', models.digits, ...to, '--version', '1.0'], /1\.0: expected a version like 1\.2\.3/],
    [['deploy', models.digits, ...to, '--name', 'a/b'], /the model's name 'a\/b'/],
    [['deploy', models.digits, ...to, '--name', '..'], /the model's name '\.\.'/],
    [['deploy', models.digits, '--to', 's3:bucket'], /expected r2:BUCKET/],
    [['deploy', models.digits], /--to is missing/],
    [['deployments', 'x', ...to], /usage: onedge deployments/],
    [['rollout', 'langid', '1.0.0', ...to], /usage: onedge rollout/],
    [['rollout', 'langid', '1.0.0', 'all', ...to], /all: expected a whole percentage/],
    [['rollback', 'langid', 'old', ...to], /old: expected a version/],
    [['prune', 'langid', '--keep', '0', ...to], /--keep 0/],
  ];
  const answers = await Promise.all(cases.map(([args]) => onedge(cwd, args)));
  answers.forEach((answer, i) => failed(answer, 2, cases[i][1]));
  for (const args of [['--help'], ['deploy', '--help'], ['prune', '-h']]) assert.match(succeeded(await onedge(cwd, args)), /^usage: onedge/);
  failed(await onedge(cwd, ['deploy', models.digits, '--to', 'r2:models'], { PATH: '' }), 1, /wrangler is not installed here/);
});

test('an .onnx model is packed by the native program, and is idempotent too', { skip: !existsSync(native) && 'build/native/onedge is not built' }, async (t) => {
  const cwd = project(t);
  execFileSync('python3', ['-m', 'zipfile', '-e', models.langid, cwd]);
  const { labels } = JSON.parse(readFileSync(path.join(cwd, 'manifest.json'), 'utf8'));
  writeFileSync(path.join(cwd, 'labels.txt'), labels.join('\n'));
  const args = ['--task', 'text-classification', '--tokenizer', 'tokenizer.json', '--labels', 'labels.txt', '--name', 'langid', '--json'];
  const first = JSON.parse(succeeded(await deploy(cwd, 'model.onnx', ...args)));
  assert.deepEqual([first.version, first.changed], ['1.0.0', true]);
  const again = JSON.parse(succeeded(await deploy(cwd, 'model.onnx', ...args)));
  assert.deepEqual([again.version, again.changed, again.digest], ['1.0.0', false, first.digest]);
  const smaller = JSON.parse(succeeded(await deploy(cwd, 'model.onnx', ...args, '--quantize', 'int8')));
  assert.deepEqual([smaller.version, smaller.changed], ['1.0.1', true]);
  assert.ok(smaller.bytes < first.bytes / 2);
  failed(await deploy(cwd, 'model.onnx', '--task', 'chess'), 1, /packing failed: .*chess/s);
});

test('where there is no native program, packing says so', async (t) => {
  const cwd = project(t, { files: { 'model.onnx': 'x' } });
  const { status, err } = await onedge(cwd, ['deploy', 'model.onnx', '--task', 'tensors', ...to], { ONEDGE_NATIVE: path.join(emptyFolder(t), 'onedge'), PATH: '' });
  assert.equal(status, 1);
  assert.match(err, /the native program: .*ENOENT/);
});
