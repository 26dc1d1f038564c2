// Compares onedge's Tokenizer with Hugging Face's for one text: ids, types, masks, words, offsets and the decoded text.
import assert from 'node:assert/strict';

// Hugging Face counts code points; JS strings, and onedge in JS, UTF-16 units.
function unitsOf(text) {
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  return units;
}

/** Throws an AssertionError that names the differing field. */
export async function compareEncodings(ours, theirs, text, pair) {
  const encoding = await theirs.encode(text, pair ?? null);
  const sequences = encoding.getSequenceIds();
  const units = [unitsOf(text), unitsOf(pair ?? '')];
  const offsets = encoding.getOffsets().map(([begin, end], i) => [units[sequences[i] ?? 0][begin], units[sequences[i] ?? 0][end]]);
  const expected = {
    ids: encoding.getIds(), typeIds: encoding.getTypeIds(), attentionMask: encoding.getAttentionMask(),
    specialTokensMask: encoding.getSpecialTokensMask(), wordIds: encoding.getWordIds().map((word) => word ?? -1), offsets,
  };
  const got = ours.encode(text, { pair, truncation: false, padding: false });
  for (const [field, values] of Object.entries(expected)) assert.deepEqual(Array.from(got[field]), values, field);
  assert.equal(ours.decode(got.ids, { skipSpecialTokens: false }), await theirs.decode(encoding.getIds(), false), 'decoded');
}

/**
 * Does so for each of `texts`, every fourth with the next as its pair. A failure names the text, and `how` to repeat
 * it.
 */
export async function compareTexts(ours, theirs, texts, how = '') {
  for (const [i, text] of texts.entries()) {
    const pair = i % 4 === 0 ? texts[(i + 1) % texts.length] : undefined;
    try {
      await compareEncodings(ours, theirs, text, pair);
    } catch (error) {
      error.message = `${how}text ${i}: ${JSON.stringify([text, pair])}\n${error.message}`;
      throw error;
    }
  }
}
