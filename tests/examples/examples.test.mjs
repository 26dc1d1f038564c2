// The programs of examples/: C++ with an installed onedge and with its source in a folder, Python with the C API.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { before, test } from 'node:test';

const prefix = 'build/examples/prefix';
const compilers = ['-G', 'Ninja', '-DCMAKE_C_COMPILER=clang-19', '-DCMAKE_CXX_COMPILER=clang++-19'];
const library = () => `${prefix}/lib/libonedge.so`;

/** @returns {string} stdout; a failure throws with stderr */
function run(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}\n${error.stdout}${error.stderr}`);
  }
}

function fails(program, ...args) {
  try {
    execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return error.stderr;
  }
  throw new Error(`${program} ${args.join(' ')} did not fail`);
}

/** An embedding model from the shared folder, packed; undefined if the shared folder is absent. */
function embeddingModel() {
  const folder = `${process.env.ONEDGE_SHARED ?? '../shared'}/data/models/tinybert-tribuo`;
  if (!existsSync(folder)) return undefined;
  const packed = 'build/examples/tinybert.onedge';
  run('build/native/onedge', 'pack', `${folder}/model.onnx`, '--task', 'feature-extraction', '--tokenizer', `${folder}/tokenizer.json`, '-o', packed);
  return packed;
}

before(() => {
  rmSync(prefix, { recursive: true, force: true });
  mkdirSync(prefix, { recursive: true });
  run('cmake', '--install', 'build/native', '--prefix', prefix, '--strip');
});

const ways = {
  'find_package': [`-DCMAKE_PREFIX_PATH=${process.cwd()}/${prefix}`],
  'add_subdirectory': [`-DONEDGE_SOURCE=${process.cwd()}`],
};
// Optimized with one way and not with the other; this must not change a digit.
let lastAnswers;
for (const [way, options] of Object.entries(ways)) {
  test(`C++ by ${way}: classify, embed and tensors build and answer`, (t) => {
    const build = `build/examples/${way}`;
    run('cmake', '-S', 'examples/cpp', '-B', build, ...compilers, ...options);
    run('cmake', '--build', build, '-j', '2');

    const lines = run(`${build}/classify`, 'models/langid/langid.onedge', 'Bonjour tout le monde', 'Wo ist der Bahnhof?').trim().split('\n');
    assert.match(lines[0], /^fr 0\.\d{4} Bonjour tout le monde$/);
    assert.match(lines[1], /^de 0\.\d{4} Wo ist der Bahnhof\?$/);
    assert.deepEqual(lines, lastAnswers ?? lines);
    lastAnswers = lines;
    assert.match(fails(`${build}/classify`, 'package.json', 'x'), /^classify: this is not an ONNX model; it looks like JSON/);

    assert.match(run(`${build}/tensors`, 'models/digits/digits.onedge'), /^best 3$/m);

    const model = embeddingModel();
    if (!model) return t.diagnostic('embed was built and not run: it needs the shared model tinybert-tribuo');
    const similarities = run(`${build}/embed`, model, 'hello', 'hello', 'a quite different text').trim().split('\n').map((line) => line.split(' ')[0]);
    assert.equal(similarities[0], '1.0000');
    assert.ok(Number(similarities[1]) < 1, similarities[1]);
  });
}

test('find_package refuses a version that is not there', () => {
  const stderr = fails('cmake', '-S', 'tests/examples/too_new', '-B', 'build/examples/too_new', ...compilers, ...ways.find_package);
  assert.match(stderr, /requested\s+version\s+"99"/);
});

test('other compilers than Clang are refused, both ways', () => {
  const gcc = ['-G', 'Ninja', '-DCMAKE_C_COMPILER=gcc', '-DCMAKE_CXX_COMPILER=g++'];
  for (const [way, options] of Object.entries(ways)) {
    const stderr = fails('cmake', '-S', 'examples/cpp', '-B', `build/examples/gcc_${way}`, ...gcc, ...options);
    assert.match(stderr, /onedge('s C\+\+ library)? needs Clang/);
  }
});

test('Python over the C API: answers and errors', () => {
  const lines = run('python3', 'examples/python/classify.py', library(), 'models/langid/langid.onedge', 'Bonjour tout le monde', 'Good morning, everyone').trim().split('\n');
  assert.match(lines[0], /^fr 0\.\d{4} Bonjour tout le monde$/);
  assert.match(lines[1], /^en 0\.\d{4} Good morning, everyone$/);
  assert.match(fails('python3', 'examples/python/classify.py', library(), 'package.json', 'x'), /RuntimeError: this is not an ONNX model; it looks like JSON/);
});

test('libonedge.so exports the C API alone, and onedge.h is C', () => {
  const symbols = run('nm', '-D', '--defined-only', library()).trim().split('\n').map((line) => line.split(' ').at(-1).split('@')[0]);
  assert.ok(symbols.includes('onedge_model_load'));
  assert.deepEqual(symbols.filter((symbol) => !symbol.startsWith('onedge_')), []);
  run('clang-19', '-std=c11', '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', '-x', 'c', `${prefix}/include/onedge/api/onedge.h`);
});
