// `onedge batch`: every row of the input is in the output once, in order, whatever the table looks like and whenever
// the program was killed.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const program = 'build/native/onedge';
const model = 'models/langid/langid-int8.onedge';
const shared = process.env.ONEDGE_SHARED ?? '../shared';
const folder = mkdtempSync(join(tmpdir(), 'onedge-batch-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
const file = (ending) => join(folder, `${++files}${ending}`);
function given(content, ending = '.csv') {
  const path = file(ending);
  writeFileSync(path, content);
  return path;
}

function batch(input, output, ...options) {
  return spawnSync(program, ['batch', model, '--input', input, '--output', output, ...(options.includes('--column') ? [] : ['--column', 'text']), ...options], { encoding: 'utf8' });
}
function done(input, ...options) {
  const output = file('.out');
  const { status, stderr } = batch(input, output, ...options);
  assert.equal(status, 0, stderr);
  return readFileSync(output, 'utf8');
}
function fails(input, message, ...options) {
  const { status, stderr } = batch(input, options.includes('--output') ? '-' : file('.out'), ...options);
  assert.equal(status, 1, stderr);
  assert.match(stderr, message);
}

/** The fields of each row of a CSV text. */
function parse(text, delimiter = ',') {
  const rows = [];
  let row = [], field = '', quoted = false, any = false;
  const end = () => {
    if (any) rows.push([...row, field]);
    row = [], field = '', any = false;
  };
  for (let i = 0; i < text.length; ++i) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"' && field === '') quoted = any = true;
    else if (c === delimiter) row.push(field), field = '', any = true;
    else if (c === '\n' || c === '\r') end();
    else field += c, any = true;
  }
  end();
  return rows;
}

const quote = (field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
const sentences = ['Bonjour tout le monde', 'Good morning, how are "you"?', 'Guten\nMorgen, zusammen', 'Hola,\r\n¿qué tal?', '  buona sera  ', '"', 'Привет всем'];
const table = (count, end = '\n') => ['id,text,note', ...Array.from({ length: count }, (_, i) => [String(i), `${sentences[i % 7]} ${i}`, i % 3 ? 'a, b' : ''].map(quote).join(','))].join(end) + end;

test('a table keeps all columns, and gets the answers that the model gives alone', () => {
  for (const end of ['\n', '\r\n']) {
    const text = table(700, end);
    const rows = parse(done(given(text)));
    assert.deepEqual(rows.map((row) => row.slice(0, 3)), parse(text));
    assert.deepEqual(rows[0].slice(3), ['label', 'score']);
    for (const i of [1, 2, 3, 300, 700]) {
      const run = spawnSync(program, ['run', model, '--text', rows[i][1], '--json'], { encoding: 'utf8' });
      const [{ label, score }] = JSON.parse(run.stdout).flat();
      assert.deepEqual([rows[i][3], Number(rows[i][4])], [label, score]);
    }
  }
});

test('the same bytes for any number of threads', () => {
  const input = given(table(1500));
  const one = done(input, '--threads', '1');
  for (const threads of ['2', '3', '5']) assert.equal(done(input, '--threads', threads), one);
});

test('csv-spectrum: every table keeps its fields', { skip: !existsSync(`${shared}/data/text/csv-spectrum`) && 'the shared data are not here' }, () => {
  const root = `${shared}/data/text/csv-spectrum`;
  for (const name of readdirSync(`${root}/csvs`).filter((one) => one.endsWith('.csv'))) {
    const wanted = [JSON.parse(readFileSync(`${root}/json/${name.replace('.csv', '.json')}`, 'utf8'))].flat();
    const columns = wanted.length > 0 ? Object.keys(wanted[0]) : parse(readFileSync(`${root}/csvs/${name}`, 'utf8'))[0];
    const [header, ...rows] = parse(done(`${root}/csvs/${name}`, '--column', columns.at(-1), '--on-error', 'empty'));
    assert.deepEqual(header, [...columns, 'label', 'score'], name);
    // The CSV of two tables has another telephone number, and other line ends, than their JSON.
    const fields = (row) => row.map((field) => field.replace('1234567890', '2095257564').replaceAll('\r\n', '\n'));
    assert.deepEqual(rows.map((row) => fields(row.slice(0, columns.length))), wanted.map((one) => fields(Object.values(one))), name);
  }
});

test('byte order mark, other delimiters, no header, spaces, empty lines, no line end at the end', () => {
  assert.match(done(given('\ufefftext\nBonjour tout le monde\n')), /^\ufefftext,label,score\nBonjour tout le monde,fr,0\.\d+\n$/);
  assert.match(done(given('a;text\n1;"Bonjour; tout"\n'), '--delimiter', ';'), /^a;text;label;score\n1;"Bonjour; tout";fr;0\.\d+\n$/);
  assert.match(done(given('a\ttext\n1\tBonjour, tout le monde\n', '.tsv')), /^a\ttext\tlabel\tscore\n1\tBonjour, tout le monde\tfr\t0\.\d+\n$/);
  assert.match(done(given('1,Bonjour tout le monde'), '--no-header', '--column', '2'), /^1,Bonjour tout le monde,fr,0\.\d+\n$/);
  assert.match(done(given('text,b\n\n\r\n  Bonjour tout le monde  ,  x \n\n')), /^text,b,label,score\n {2}Bonjour tout le monde {2}, {2}x ,fr,0\.\d+\n$/);
  assert.match(done(given('text,b\rBonjour tout le monde,x\rGuten Morgen zusammen,y\r')), /^text,b,label,score\rBonjour tout le monde,x,fr,0\.\d+\rGuten Morgen zusammen,y,de,0\.\d+\r$/);
  assert.equal(done(given('text\n')), 'text,label,score\n');
});

test('JSON Lines keeps each object as it is', () => {
  const lines = ['{"text":"Bonjour tout le monde"}', ' { "text" : "Guten Morgen zusammen", "n": [1, {"a": "}"}] } ', '{"text":"Good morning everyone","x":1.0000000000000001}'];
  const out = done(given(lines.join('\n'), '.jsonl')).split('\n');
  assert.equal(out.pop(), '');
  out.forEach((line, i) => {
    assert.ok(line.startsWith(lines[i].trimEnd().slice(0, -1).trimEnd()), line);
    const { label, score, ...rest } = JSON.parse(line);
    assert.deepEqual(rest, JSON.parse(lines[i]));
    assert.equal(label, ['fr', 'de', 'en'][i]);
    assert.equal(typeof score, 'number');
  });
});

test('rows without answer: fail, skip, empty; with their lines', () => {
  const rows = ['id,text', '1,Bonjour tout le monde', '2,', '3,"Guten\nMorgen zusammen"', '4,Hola amigo,x', '5', '6,Good morning everyone'];
  const bytes = Buffer.concat([Buffer.from(`${rows.join('\n')}\n7,`), Buffer.from([0xff, 0xfe, 0x0a])]);
  const input = given(bytes);
  fails(input, /row 2 \(line 3\): 'text' is empty; --on-error skip or empty goes on/);

  const output = file('.out');
  const empty = batch(input, output, '--on-error', 'empty');
  assert.equal(empty.status, 0, empty.stderr);
  assert.match(empty.stderr, /4 of 7 rows have no answer and are empty/);
  const written = readFileSync(output, 'latin1').split('\n');
  assert.equal(written[2], '2,,,');
  assert.match(written[6], /^5,,,$/);
  assert.equal(written[8], '7,\xff\xfe,,');
  const faults = parse(readFileSync(`${output}.errors.csv`, 'utf8'));
  assert.deepEqual(faults.map(([row, line]) => [row, line]), [['row', 'line'], ['2', '3'], ['4', '6'], ['5', '7'], ['7', '9']]);
  assert.deepEqual(faults.slice(1).map(([, , reason]) => reason), ["'text' is empty", 'the row has 3 columns, the header 2', "the row has 1 columns, 'text' is number 2", "'text' is not UTF-8"]);

  const skipped = file('.out');
  assert.equal(batch(input, skipped, '--on-error', 'skip').status, 0);
  assert.deepEqual(parse(readFileSync(skipped, 'utf8')).map(([id]) => id), ['id', '1', '3', '6']);
  // With --resume, rows that were left out are not there again.
  assert.equal(batch(input, skipped, '--on-error', 'skip', '--resume').status, 0);
  assert.deepEqual(parse(readFileSync(skipped, 'utf8')).map(([id]) => id), ['id', '1', '3', '6']);
  const other = batch(input, skipped, '--on-error', 'empty', '--resume');
  assert.match(other.stderr, /rows were left out before; go on with --on-error skip/);
});

test('a text that is too long is one row without answer', () => {
  const long = Array(3000).fill('bonjour').join(' ');
  const input = given(`text\nBonjour tout le monde\n${long}\nGuten Morgen zusammen\n`);
  const whole = ['--option', 'truncation=false'];
  fails(input, /row 2 \(line 3\): /, ...whole);
  assert.deepEqual(parse(done(input, '--on-error', 'empty', ...whole)).map((row) => row[1]), ['label', 'fr', '', 'de']);
  assert.deepEqual(parse(done(input, '--option', 'truncation=true')).map((row) => row[1]), ['label', 'fr', 'fr', 'de']);
});

test('killed at many points and resumed: the same bytes', async () => {
  const input = given(table(6000));
  const whole = done(input);
  for (let round = 0; round < 3; ++round) {
    const output = file('.out');
    let kills = 0;
    for (let start = 0; ; ++start) {
      const child = spawn(program, ['batch', model, '--input', input, '--column', 'text', '--output', output, ...(start ? ['--resume'] : [])], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
      const timer = setTimeout(() => child.kill('SIGKILL'), 60 + 97 * round + 41 * start);
      const how = await ended;
      clearTimeout(timer);
      if (how === 0) break;
      assert.equal(how, 'SIGKILL');
      ++kills;
    }
    assert.ok(kills > 0);
    assert.equal(readFileSync(output, 'utf8'), whole);
  }
});

test('cut off anywhere and resumed: the same bytes', () => {
  const input = given(table(30));
  const path = file('.out');
  assert.equal(batch(input, path).status, 0);
  const whole = readFileSync(path, 'utf8');
  const size = statSync(path).size;
  const points = new Set([0, 1, 10, ...Array.from({ length: 80 }, (_, i) => size - i), ...Array.from({ length: Math.floor(size / 13) }, (_, i) => i * 13)]);
  for (const point of points) {
    const output = file('.out');
    copyFileSync(path, output);
    truncateSync(output, point);
    const { status, stderr } = batch(input, output, '--resume', '--threads', '1');
    assert.equal(status, 0, stderr);
    assert.equal(readFileSync(output, 'utf8'), whole, `cut at byte ${point}`);
  }
});

test('shards and --merge give the bytes of one run; an unfinished shard is refused', () => {
  const input = given(table(101));
  const whole = done(input);
  for (const count of [1, 3, 7]) {
    const output = file('.csv');
    const part = (i) => output.replace('.csv', `.${i}-of-${count}.csv`);
    for (let i = 1; i <= count; ++i) assert.equal(batch(input, output, '--shard', `${i}/${count}`).status, 0);
    const merge = () => spawnSync(program, ['batch', '--merge', '--input', input, '--output', output], { encoding: 'utf8' });
    if (count === 3) {
      truncateSync(part(2), statSync(part(2)).size - 5);
      assert.match(merge().stderr, /2-of-3\.csv: has \d+ of \d+ rows; finish it with --resume/);
      assert.equal(batch(input, output, '--shard', `2/${count}`, '--resume').status, 0);
    }
    const merged = merge();
    assert.equal(merged.status, 0, merged.stderr);
    assert.equal(readFileSync(output, 'utf8'), whole);
  }
});

test('vectors go into a column or into an .npy file, resumed too', { skip: !existsSync(`${shared}/data/models/tinybert-tribuo`) && 'the shared data are not here' }, () => {
  const embedder = file('.onedge');
  const from = `${shared}/data/models/tinybert-tribuo`;
  assert.equal(spawnSync(program, ['pack', `${from}/model.onnx`, '--task', 'feature-extraction', '--tokenizer', `${from}/tokenizer.json`, '-o', embedder]).status, 0);
  const embed = (input, output, ...options) => {
    const { status, stderr } = spawnSync(program, ['batch', embedder, '--input', input, '--column', 'text', '--output', output, '--on-error', 'empty', '--option', 'pooling=mean', ...options], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  const input = given(`${table(40)}41,,\n`);
  const column = file('.out'), beside = file('.out'), vectors = file('.npy');
  embed(input, column);
  embed(input, beside, '--vectors', vectors);
  const expected = parse(readFileSync(column, 'utf8')).slice(1).map((row) => row[3]);
  const bytes = readFileSync(vectors);
  assert.match(bytes.toString('latin1', 0, 128), /^\x93NUMPY\x01\x00v\x00\{'descr': '<f4', 'fortran_order': False, 'shape': \(41, \d+\), \} +\n$/);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length));
  const size = values.length / 41;
  expected.forEach((json, i) => {
    const row = [...values.slice(i * size, (i + 1) * size)];
    if (json) assert.deepEqual(row, JSON.parse(json).map(Math.fround));
    else assert.ok(row.every(Number.isNaN));
  });
  assert.equal(expected.filter((json) => !json).length, 1);
  for (const [rows, floats] of [[2000, 128 + 4 * size * 9 + 3], [40, 128 + 4 * size * 30], [statSync(beside).size, 77]]) {
    const cutRows = file('.out'), cutVectors = file('.npy');
    copyFileSync(beside, cutRows);
    copyFileSync(vectors, cutVectors);
    truncateSync(cutRows, Math.min(rows, statSync(beside).size));
    truncateSync(cutVectors, floats);
    embed(input, cutRows, '--vectors', cutVectors, '--resume');
    assert.deepEqual(readFileSync(cutVectors), bytes);
    assert.equal(readFileSync(cutRows, 'utf8'), readFileSync(beside, 'utf8'));
  }
});

test('standard input and output', () => {
  const { stdout, status } = spawnSync(program, ['batch', model, '--input', '-', '--column', 'text', '--output', '-'], { input: 'text\nBonjour tout le monde\n', encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /^text,label,score\nBonjour tout le monde,fr,0\.\d+\n$/);
});

test('a failure ends the command although its standard input stays open', async () => {
  const child = spawn(program, ['batch', model, '--input', '-', '--column', 'text', '--output', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.write(`text\n${'Bonjour tout le monde\n'.repeat(300)}\n${'"",\n'.repeat(300)}`);
  const code = await Promise.race([new Promise((resolve) => child.on('exit', resolve)), sleep(20_000, 'still running', { ref: false })]);
  child.kill('SIGKILL');
  assert.equal(code, 1);
});

test('memory stays bounded', () => {
  // The same words again and again: the tokenizer's cache of words, which has a limit of its own, must not count.
  const lines = (count) => `text\n${Array.from({ length: count }, (_, i) => `Bonjour tout le monde ${i % 100} fois\n`).join('')}`;
  const small = batch(given(lines(2000)), file('.out'));
  const large = batch(given(lines(60_000)), file('.out'));
  const memory = ({ stderr }) => Number(/at most ([\d.]+) MB/.exec(stderr)[1]);
  assert.ok(memory(large) < memory(small) + 4, `${memory(small)} MB, then ${memory(large)} MB`);
});

test('errors name what is wrong', () => {
  const input = given(table(3));
  fails(input, /there is no column 'txt'; the columns are 'id', 'text', 'note'/, '--column', 'txt');
  fails(join(folder, 'none.csv'), /none\.csv: No such file or directory/);
  fails(folder, /expected a file, got a folder/);
  fails(given(Buffer.from('\ufefftext\nx\n', 'utf16le')), /UTF-16/);
  fails(given('text\n"never closed\nnext\n'), /the row that begins at line 2 has a quote that is never closed/);
  fails(given('text,label\na,b\n'), /there is a column 'label' already; --prefix/);
  assert.match(done(given('text,label\nBonjour tout le monde,b\n'), '--prefix', 'lang_'), /^text,label,lang_label,lang_score\n/);
  fails(input, /--vectors: the task answers without vectors/, '--vectors', file('.npy'));
  fails(input, /expected I\/N/, '--shard', '0/3');
  fails(input, /no_such/, '--option', 'no_such=1');
  assert.match(batch(input, input).stderr, /same file as --input/);
  const output = file('.out');
  writeFileSync(output, 'precious\n');
  assert.match(batch(input, output).stderr, /the file exists; pass --resume/);
  assert.match(batch(input, output, '--resume').stderr, /has the header 'precious', and this command would write 'id,text,note,label,score'/);
  assert.equal(readFileSync(output, 'utf8'), 'precious\n');
  if (existsSync('/dev/full')) assert.match(batch(input, '/dev/full').stderr, /\/dev\/full: No space left on device/);
  for (const wrong of [['--on-error', 'perhaps'], ['--threads', 'x'], ['--nonsense']]) assert.equal(batch(input, file('.out'), ...wrong).status, 2);
});

test('two runs do not write to one file', async () => {
  const output = file('.out');
  const first = spawn(program, ['batch', model, '--input', '-', '--column', 'text', '--output', output], { stdio: ['pipe', 'ignore', 'ignore'] });
  first.stdin.write('text\n');
  for (let waits = 0; !existsSync(output) && waits < 500; ++waits) await sleep(10);
  await sleep(100);
  assert.match(batch(given('text\nx\n'), output, '--resume').stderr, /another onedge batch is writing to it/);
  const ended = new Promise((resolve) => first.on('exit', resolve));
  first.stdin.end('Bonjour tout le monde\n');
  assert.equal(await ended, 0);
});
