// Makes a Unigram tokenizer.json with about as many pieces and bytes as the multilingual ones (XLM-RoBERTa's: 250,002
// pieces of some 10 bytes, judging by its sentencepiece model): random characters in several scripts, seeded.
import { randomNumbers } from './random.mjs';

const LATIN = 'abcdefghijklmnopqrstuvwxyz';
const SCRIPTS = [LATIN, LATIN, LATIN, LATIN, 'абвгдежзийклмнопрстуфхцчшщыьэюя', 'αβγδεζηθικλμνξοπρστυφχψω', 'ابتثجحخدذرزسشصضطظعغفقكلمنهوي', 'कखगघचछजझटठडढतथदधनपफबभमयरलवशषसह', 'กขคงจชซดตถทธนบปผพฟมยรลวสหอ', '一丁七万丈三上下不与丐丑专且世丘丙业丛东丝丢两严丧个中丰串临'];
const MAX_CHARACTERS = 8;

export function makeUnigram(pieces) {
  const random = randomNumbers(7);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const scripts = SCRIPTS.map((script) => [...script]);
  const seen = new Map([['<unk>', 0], ['▁', -3]]);
  for (const character of scripts.flat()) seen.set(character, -12);
  while (seen.size < pieces) {
    const script = pick(scripts);
    let piece = random() < 0.5 ? '▁' : '';
    for (let length = 1 + Math.floor(random() * MAX_CHARACTERS); length > 0; --length) piece += pick(script);
    if (!seen.has(piece)) seen.set(piece, -5 - 10 * random());
  }
  return {
    version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: { type: 'NFKC' },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }, post_processor: null, decoder: null,
    model: { type: 'Unigram', unk_id: 0, vocab: [...seen], byte_fallback: false },
  };
}
