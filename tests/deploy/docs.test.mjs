// Runs the commands of docs/deploy.md unchanged, one after the other; with --local, on the fake wrangler.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { models, onedge, project, root } from './command.mjs';

test('the commands of docs/deploy.md run', async (t) => {
  const cwd = project(t);
  mkdirSync(path.join(cwd, 'bin'));
  copyFileSync(path.join(root, 'tests/deploy/fake_wrangler.sh'), path.join(cwd, 'bin/wrangler'));
  copyFileSync(models.langid, path.join(cwd, 'langid.onedge'));
  copyFileSync(models['langid-int8'], path.join(cwd, 'langid-2.onedge'));
  execFileSync('python3', ['-m', 'zipfile', '-e', models.langid, cwd]);
  writeFileSync(path.join(cwd, 'labels.txt'), JSON.parse(readFileSync(path.join(cwd, 'manifest.json'), 'utf8')).labels.join('\n'));
  const env = { PATH: `${path.join(cwd, 'bin')}:${process.env.PATH}`, FAKE_STATE: path.join(cwd, 'state') };
  const text = readFileSync(path.join(root, 'docs/deploy.md'), 'utf8');
  const commands = [...text.matchAll(/^\$ npx onedge (.*)$/gm)].map(([, command]) => command.split(' '));
  assert.ok(commands.length >= 12);
  for (const command of commands) {
    if (command[1] === 'model.onnx' && !existsSync(path.join(root, 'build/native/onedge'))) continue;
    const { status, err } = await onedge(cwd, [...command, '--local'], env);
    assert.equal(status, 0, `${command.join(' ')}: ${err}`);
  }
  const catalog = (name) => JSON.parse(readFileSync(path.join(cwd, name), 'utf8')).models;
  assert.deepEqual(catalog('state/r2-models%2Fcatalog.json').langid.traffic, { '1.0.0': 100 });
  assert.deepEqual(Object.keys(catalog('public/catalog.json')), ['langid']);
});
