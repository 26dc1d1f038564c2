// The chart of a benchmark run, in SVG: the few rows that a reader cares about. The table has all of them.
const HEADLINES = [
  ['minilm-1x128', 'relaxed', 'MiniLM-L6, 128 tokens, WebAssembly'],
  ['minilm-int8-1x128', 'relaxed', 'MiniLM-L6 in int8, 128 tokens, WebAssembly'],
  ['mobilenet-v2', 'relaxed', 'MobileNetV2, 224x224, WebAssembly'],
  ['load minilm and run it once', 'relaxed', 'load MiniLM-L6 (90 MB) and run it once, WebAssembly'],
  ['minilm-1x128', 'native', 'MiniLM-L6, 128 tokens, native'],
  ['minilm-int8-1x128', 'native', 'MiniLM-L6 in int8, 128 tokens, native'],
];
const BAR = 14; // pixels
const STEP = BAR + 6;
const LABELS = 400;
const WIDTH = 760;
const MARGIN = 60; // for the number behind the longest bar
const escape = (text) => text.replace(/[<&]/g, (character) => (character === '<' ? '&lt;' : '&amp;'));

/**
 * One bar for each headline that has a ratio, on a logarithmic scale: to the right of 1 onedge is faster. Readable on
 * light and dark pages.
 */
export function plot({ machine, rows }) {
  const shown = HEADLINES.flatMap(([name, build, label]) => rows.filter((row) => row.name === name && row.build === build && row.threads === 1 && row.ratio > 0).map((row) => ({ ...row, label })));
  const height = (shown.length + 1.5) * STEP;
  const ratios = shown.map(({ ratio }) => ratio);
  const [low, high] = [Math.min(0.5, ...ratios), Math.max(2, ...ratios)].map(Math.log);
  const x = (ratio) => LABELS + ((Math.log(ratio) - low) / (high - low)) * (WIDTH - LABELS - MARGIN);
  const at = (value) => value.toFixed(1);
  const bars = shown.map(({ label, ratio }, i) => {
    const y = (i + 1) * STEP;
    const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
    return `<text x="${LABELS - 8}" y="${y + 11}" text-anchor="end">${escape(label)}</text>` +
      `<rect x="${at(from)}" y="${y}" width="${at(to - from)}" height="${BAR}" fill="${ratio >= 1 ? '#2a9d6f' : '#d1495b'}"/><text x="${at(to + 4)}" y="${y + 11}">${ratio.toFixed(2)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11" role="img">`,
    `<title>How many times faster onedge is than ONNX Runtime</title><rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="14" font-weight="bold">Time of ONNX Runtime / time of onedge, one thread; ${escape(machine.cpu)}${machine.kind ? `, kind ${machine.kind}` : ''}</text>`,
    ...bars, `<line x1="${at(x(1))}" x2="${at(x(1))}" y1="${BAR + 4}" y2="${at(height - BAR / 2)}" stroke="#333"/>`, '</svg>', '',
  ].join('\n');
}
