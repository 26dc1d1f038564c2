// Random texts that are hard on a tokenizer: mixed scripts, emoji sequences, combining marks, control characters,
// zero-width characters, spellings of special tokens, very long words.

/** A function that makes a new text at each call; the same seed gives the same texts. */
export function randomTexts(seed) {
  let state = BigInt(seed) * 0x9e3779b97f4a7c15n;
  function random(limit) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(limit));
  }
  const pick = (list) => list[random(list.length)];
  const between = (low, high) => String.fromCodePoint(low + random(high - low + 1));
  const kinds = [
    () => pick(['the', 'Hello', 'world', "don't", "I'll", "we've", "IT'S", 'running', 'un', 'believ', 'able', '2024', '3.14', '1,000', 'http://a.b/c?d=e', 'x@y.z', '#tag', 'foo_bar', 'CamelCase', '...', '--', '!?']),
    () => pick([' ', ' ', ' ', '  ', '\n', '\t', '\r\n', '\u00A0', '\u3000', '\u2003', '\u200B', '\u2028', '\u0085', '\u1680']),
    () => between(0x21, 0x7e), () => between(0x61, 0x7a) + between(0x61, 0x7a), () => between(0xa0, 0x24f), () => between(0x250, 0x36f), () => between(0x300, 0x345),
    () => between(0x370, 0x5ff), () => between(0x600, 0x8ff), () => between(0x900, 0xdff), () => between(0xe00, 0x11ff), () => between(0x1200, 0x1fff),
    () => between(0x2000, 0x2bff), () => between(0x2c00, 0x33ff), () => between(0x4e00, 0x9fff), () => between(0xac00, 0xd7a3), () => between(0x1100, 0x11ff),
    () => between(0xa000, 0xabff), () => between(0xf900, 0xffff), () => between(0x10000, 0x10fff), () => between(0x11000, 0x16fff), () => between(0x1d000, 0x1ffff),
    () => between(0x20000, 0x323af), () => between(0xe0000, 0xe01ef), () => between(0x00, 0x1f), () => between(0x7f, 0x9f), () => between(0xf0000, 0x10fffd),
    () => pick(['👨‍👩‍👧', '👍🏽', '🇫🇷', '❤️', '😀', '#️⃣']), () => pick(['é', 'e\u0301', 'ﬁ', 'İ', 'ß', 'ẞ', 'Σ', '각', 'Å', '①', '½', 'ǆ', '\u0344', '\u0f73', '\u1E9B\u0323']),
    () => pick(['[CLS]', '[SEP]', '[MASK]', '[UNK]', '<s>', '</s>', '<mask>', '<unk>', '<pad>', '<|endoftext|>', '<extra_id_0>', '▁', 'Ġ', '<t>', '<n>', '##']),
    () => 'a'.repeat(random(130)),
  ];
  return function randomText() {
    const few = Array.from({ length: 1 + random(6) }, () => pick(kinds));
  let text = '';
    for (let n = random(30); n > 0; --n) text += random(3) ? pick(few)() : pick([kinds[0], kinds[1]])();
    return text;
  };
}
