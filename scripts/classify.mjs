// Classifies sentences with the shipped language-identification model through the WebAssembly module in Node: the
// output of `npm start`.
// usage: node scripts/classify.mjs ["text" ...]
import { fileURLToPath } from 'node:url';
import { megabytes } from '../js/memory_limit.js';
import { load } from '../js/node.js';

const SENTENCES = [
  'The quick brown fox jumps over the lazy dog.',
  'Bonjour tout le monde, comment allez-vous aujourd’hui ?',
  'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.',
  'Съешь ещё этих мягких французских булок, да выпей же чаю.',
  'いろはにほへと ちりぬるを わかよたれそ つねならむ',
  'Pchnąć w tę łódź jeża lub ośm skrzyń fig.',
  'El veloz murciélago hindú comía feliz cardillo y kiwi.',
  'Η γρήγορη αλεπού πηδάει πάνω από τον τεμπέλη σκύλο.',
];

const texts = process.argv.length > 2 ? process.argv.slice(2) : SENTENCES;
const model = await load(fileURLToPath(new URL('../models/langid/langid.onedge', import.meta.url)), {
  build: process.env.ONEDGE_WASM,
});
for (const text of texts) {
  const [best] = await model.run(text);
  const { runMilliseconds } = model.stats();
  console.log(`${best.label.padEnd(4)} ${best.score.toFixed(4)}  ${runMilliseconds.toFixed(1).padStart(5)} ms  ${text}`);
}
const stats = model.stats();
console.log(
  `\n${model.name} ${model.description.version}: ${model.labels.length} languages, ${megabytes(stats.fileBytes)} loaded in ` +
    `${stats.loadMilliseconds.toFixed(0)} ms; build ${stats.build} (${stats.buildReason}); ` +
    `wasm memory ${megabytes(stats.wasmMemoryBytes)}, process ${megabytes(process.memoryUsage().rss)}`,
);
model.dispose();
