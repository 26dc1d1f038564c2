// Converts a drawing to the digit model's input: cropped to the ink, centred, and averaged down to 8 x 8 pixels.

const SIDE = 8;
const BLOCK = 4; // the data set counts bits in blocks of 4 x 4

/** @returns {{data: Uint8Array, width: number, height: number, channels: 1} | null} null for an empty canvas */
export function smallImage(canvas, pen) {
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let [left, top, right, bottom] = [canvas.width, canvas.height, -1, -1];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] < 128) continue;
    const x = (i / 4) % canvas.width;
    const y = Math.floor(i / 4 / canvas.width);
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  if (right < 0) return null;
  const [width, height] = [right - left + 1, bottom - top + 1];
  const side = SIDE * BLOCK;
  const scale = side / Math.max(width, height);
  const small = new OffscreenCanvas(side, side).getContext('2d');
  small.fillRect(0, 0, side, side);
  small.imageSmoothingQuality = 'high';
  small.drawImage(canvas, left, top, width, height, (side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale);
  const pixels = small.getImageData(0, 0, side, side).data;
  const means = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < means.length; ++i) {
    let sum = 0;
    for (let y = 0; y < BLOCK; ++y) {
      for (let x = 0; x < BLOCK; ++x) sum += pixels[4 * ((Math.floor(i / SIDE) * BLOCK + y) * side + (i % SIDE) * BLOCK + x)];
    }
    means[i] = sum / (BLOCK * BLOCK);
  }
  return { data: means, width: SIDE, height: SIDE, channels: 1 };
}
