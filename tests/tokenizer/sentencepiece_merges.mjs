// The merges of a sentencepiece BPE model, found like in transformers' generate_merges.

/**
 * @param {[piece: string, score: number][]} pieces by id
 * @returns {[left: string, right: string][]}
 */
export function generateMerges(pieces) {
  const ids = new Map(pieces.map(([piece], id) => [piece, id]));
  const found = pieces.flatMap(([piece, score]) => {
    const c = [...piece];
    const splits = c.slice(1).map((_, i) => [c.slice(0, i + 1), c.slice(i + 1)]);
    return splits.map(([a, b]) => ({ left: a.join(''), right: b.join(''), key: [score, a.length, b.length] }))
      .filter(({ left, right }) => ids.has(left) && ids.has(right))
      .sort((x, y) => ids.get(x.left) - ids.get(y.left) || ids.get(x.right) - ids.get(y.right));
  });
  return found.sort(({ key: x }, { key: y }) => y[0] - x[0] || y[1] - x[1] || y[2] - x[2]).map(({ left, right }) => [left, right]);
}
