// Checks the structure of the repository: the direction of #include lines between the rooms of src/ (read from
// CMakeLists.txt), the users of each third-party header, forbidden calls in the core, the length of files, and that
// every test is listed.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const errors = [];
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' }).split('\n').filter((f) => f && existsSync(f));
const cmake = readFileSync('CMakeLists.txt', 'utf8');

// Room -> the rooms that it may include: those it names, and all that those may include.
const below = new Map();
const named = []; // [room, one that it names itself]
for (const [, name, rest] of cmake.matchAll(/^onedge_room\((\w+)([^)]*)\)/gm)) {
  const direct = (rest.replace(/\$\{\w+\}/g, '').match(/DEPS([\w ]*?)(?:LINKS|$)/)?.[1] ?? '').split(' ').filter(Boolean);
  named.push(...direct.map((room) => [name, room]));
  below.set(name, new Set([name, ...direct.flatMap((room) => [...below.get(room)])]));
}
const core = new Set(below.keys());
// Hosts may include the façade and the headers that it consists of.
for (const shell of ['cli', 'server', 'wasm', 'node']) below.set(shell, new Set([shell, 'api', 'base', 'tensor', 'text']));
below.get('cli').add('server');
for (const [, room, rest] of cmake.matchAll(/^ *onedge_program\(\w+ ROOM (\w+) DEPS ([\w ]+?)(?: LINKS|\))/gm)) {
  named.push(...rest.split(' ').map((dep) => [room, dep]));
}
const used = new Set(); // 'room includes room'

// The files of these rooms are compiled in groups (cmake/rooms.cmake): a `using namespace` outside functions reaches
// the next file.
const grouped = new Set([...cmake.matchAll(/^onedge_room\((\w+) UNITY/gm)].map(([, room]) => room));
const alone = new Set([...cmake.matchAll(/^set_source_files_properties\((.*?) PROPERTIES SKIP_UNITY/gm)].flatMap(([, list]) => list.split(' ')));

const thirdParty = [
  [/^(onnx\.pb\.h|google\/protobuf\/)/, ['onnx'], 'protobuf'],
  [/^yyjson\.h$/, ['text'], 'yyjson'],
  [/^xnnpack/, ['backends'], 'XNNPACK'],
  [/^pthreadpool\.h$/, ['base', 'backends'], 'pthreadpool'],
  [/^emscripten\//, ['wasm'], 'Emscripten'],
  [/^(iostream|fstream|filesystem)$/, ['cli', 'server', 'node'], 'files and streams'],
];

for (const file of files.filter((f) => /^src\/.*\.(cc|h)$/.test(f))) {
  const room = file.split('/')[1];
  if (!below.has(room)) {
    errors.push(`${file}: src/${room} is not a room of CMakeLists.txt`);
    continue;
  }
  readFileSync(file, 'utf8').split('\n').forEach((line, index) => {
    const where = `${file}:${index + 1}`;
    const include = line.match(/^\s*#\s*include\s*["<]([^">]+)[">]/)?.[1];
    if (include) {
      const target = include.split('/')[0];
      used.add(`${room} ${target}`);
      if (include.includes('/') && below.has(target) && !below.get(room).has(target)) {
        errors.push(`${where}: ${room} may not include ${include}; it sees ${[...below.get(room)].join(', ')}`);
      }
      for (const [pattern, rooms, what] of thirdParty) {
        if (pattern.test(include) && !rooms.includes(room)) errors.push(`${where}: only ${rooms.join(', ')} may include ${what} (<${include}>)`);
      }
    } else if (grouped.has(room) && !alone.has(file) && line.startsWith('using namespace ')) {
      errors.push(`${where}: write 'using namespace' inside a function, or exclude the file from its group (CMakeLists.txt, SKIP_UNITY_BUILD_INCLUSION)`);
    } else if (core.has(room) && file !== 'src/base/check.cc' && /(^|[^\w.>"])(std::)?(printf|fprintf|puts|fopen|abort|exit)\(/.test(line) && !/^\s*\/\//.test(line)) {
      errors.push(`${where}: the core opens no file, prints nothing and ends no process: ${line.trim()}`);
    }
  });
}

// A program that includes a header of src/api must get only the façade and the headers that are listed as public.
const packaged = readFileSync('cmake/package.cmake', 'utf8').match(/^set\(public_headers ([^)]*)\)/m)[1].split(/\s+/);
const isPublic = (header) => /^(api|base|tensor)\//.test(header) || packaged.includes(header);
const reached = new Set(files.filter((f) => /^src\/api\/(?!\w+_parts\.h)\w+\.h(pp)?$/.test(f)).map((f) => f.slice(4)));
for (const header of reached) {
  for (const [, included] of readFileSync(`src/${header}`, 'utf8').matchAll(/^\s*#\s*include\s*"([^"]+)"/gm)) {
    if (!isPublic(included)) errors.push(`src/${header}: includes ${included}, which is not public (cmake/package.cmake: public_headers)`);
    else reached.add(included);
  }
}
for (const header of packaged) if (!reached.has(header)) errors.push(`cmake/package.cmake: public_headers: no header of src/api includes ${header}`);
for (const [room, dep] of named) {
  if (existsSync(`src/${room}`) && !used.has(`${room} ${dep}`)) errors.push(`CMakeLists.txt: ${room} names ${dep} among its DEPS, but no file of src/${room} includes it`);
}

for (const file of files.filter((f) => /\.(cc|h|cu|mjs|js|ts|cmake|py)$/.test(f) && /^(src|bin|js|tests|worker|scripts|cmake|models)\//.test(f))) {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > 500 && !/Generated by/.test(text.slice(0, 400))) errors.push(`${file}: ${lines} lines; 500 is the limit, 300 the aim. Split it`);
}

// JavaScript of the package: no import circle, and worker/ imports js/ only through its two entries.
const imports = new Map();
for (const file of files.filter((f) => /^(js|worker)\/.*\.js$/.test(f))) {
  const code = readFileSync(file, 'utf8').replace(/^ *\/\*\*[^]*?\*\/|^ *\/\/.*/gm, '');
  const names = [...code.matchAll(/^(?:import|export)[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)];
  const targets = names.map(([, ...name]) => name.find(Boolean)).map((name) => (name.startsWith('.') ? join(dirname(file), name) : name));
  for (const target of targets.filter((one) => file.startsWith('worker/') && one.startsWith('js/'))) {
    errors.push(`${file}: imports ${target}; worker/ imports 'onedge' and 'onedge/internal'`);
  }
  imports.set(file, targets.map((target) => ({ onedge: 'js/api.js', 'onedge/internal': 'js/internal.js' })[target] ?? target));
}
const finished = new Set();
const circleFrom = (file, path = []) => {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  const circle = finished.has(file) ? undefined : (imports.get(file) ?? []).map((target) => circleFrom(target, [...path, file])).find(Boolean);
  finished.add(file);
  return circle;
};
const circle = [...imports.keys()].map((file) => circleFrom(file)).find(Boolean);
if (circle) errors.push(`a circle of imports: ${circle.join(' -> ')}`);

const runner = readFileSync('scripts/test', 'utf8');
const suites = [...runner.match(/set -- ([\w -]+)/)[1].split(' '), ...Array.from(runner.matchAll(/run_node (\w+)/g), (m) => m[1])];
for (const file of files.filter((f) => f.startsWith('tests/'))) {
  const folder = dirname(file).replace(/^tests\/?/, '');
  if (file.endsWith('_test.cc') && !new RegExp(`^ *onedge_tests\\(${folder} `, 'm').test(cmake)) {
    errors.push(`${file}: no onedge_tests(${folder} ...) in CMakeLists.txt builds it`);
  } else if (/\.cc$/.test(file) && !file.endsWith('_test.cc') && !/^fuzz\/\w+_fuzzer\.cc$/.test(file.slice(6)) && folder !== 'support' && !cmake.includes(file)) {
    errors.push(`${file}: built by nothing; name it *_test.cc, or put it into tests/support`);
  } else if (/\.test\.m?js$/.test(basename(file)) && !suites.includes(folder)) {
    errors.push(`${file}: scripts/test runs no suite '${folder}'`);
  }
}

for (const error of errors) console.log(error);
process.exit(errors.length ? 1 : 0);
