// Runs the README's examples like a reader: its JavaScript as a module, its commands one by one.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${root}/README.md`, 'utf8');
const blocks = (language) => [...readme.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, text]) => text);

/**
 * A folder with the files that the examples name: models/, build/, tokenizer.json, vocab.json, merges.txt, lines.txt,
 * in.csv, labels.txt, model.onnx.
 */
function workplace(t) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'onedge-readme-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of ['models', 'build']) symlinkSync(`${root}/${name}`, path.join(folder, name));
  execFileSync('python3', ['-m', 'zipfile', '-e', `${root}/models/langid/langid.onedge`, folder]);
  const { labels } = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8'));
  writeFileSync(path.join(folder, 'labels.txt'), labels.join('\n'));
  writeFileSync(path.join(folder, 'vocab.json'), '{"a": 0, "b": 1, "ab": 2}');
  writeFileSync(path.join(folder, 'merges.txt'), '#version: 0.2\na b\n');
  writeFileSync(path.join(folder, 'lines.txt'), 'abba\n');
  writeFileSync(path.join(folder, 'in.csv'), 'id,text\n1,Bonjour tout le monde\n');
  return folder;
}

test('the JavaScript of the README runs and says what its comments say', (t) => {
  const folder = workplace(t);
  const [example] = blocks('js');
  const script = `import { readFileSync } from 'node:fs';
    const tokenizerJson = readFileSync('tokenizer.json', 'utf8');
    ${example.replace("from 'onedge'", `from ${JSON.stringify(`${root}/js/node.js`)}`)}
    console.log(JSON.stringify({ best, dims: logits.dims, ids: ids.length, offsets: offsets.length }));`;
  writeFileSync(path.join(folder, 'example.mjs'), script);
  const printed = JSON.parse(execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' }));
  assert.equal(printed.best.label, 'fr');
  assert.ok(printed.best.score > 0.9);
  assert.deepEqual(printed.dims, [1, 10]);
  assert.ok(printed.ids > 3);
});

test('the commands of the README run', (t) => {
  const folder = workplace(t);
  const lines = blocks('console').join('').split('\n').filter((line) => line.startsWith('$ build/')).map((line) => line.slice(2));
  const commands = lines.filter((line) => !line.includes('onedge serve'));
  assert.ok(commands.length >= 4, commands.join('\n'));
  const printed = commands.map((command) => execFileSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  assert.match(printed[0], /^\s*de\b/m);
  assert.match(printed[1], /^name +langid$/m);
  assert.equal(printed[commands.findIndex((command) => command.includes('--merges'))], 'ab:2 b:1 a:0\n');
  assert.match(readFileSync(path.join(folder, 'out.csv'), 'utf8'), /^id,text,label,score\n1,Bonjour tout le monde,fr,0\.\d+\n$/);
  // The packed model must answer like the package that its parts came from.
  const answer = execFileSync('build/native/onedge', ['run', 'model.onedge', '--text', 'Guten Morgen, wie geht es Ihnen?', '--json'], { cwd: folder });
  const again = execFileSync('build/native/onedge', ['run', 'models/langid/langid.onedge', '--text', 'Guten Morgen, wie geht es Ihnen?', '--json'], { cwd: folder });
  assert.deepEqual(JSON.parse(answer), JSON.parse(again));
});

test('the server of the README answers', async (t) => {
  const command = /^\$ (build\/native\/onedge serve .*)$/m.exec(blocks('console').join(''))[1].replace('8080', '0').split(' ');
  const child = spawn(command[0], command.slice(1), { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill());
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const response = await fetch(`${value.split(' ').at(-1)}/predict`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"inputs": "Bonjour tout le monde"}' });
  assert.equal((await response.json())[0].label, 'fr');
});
