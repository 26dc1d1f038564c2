// The shipped digit classifier on the first held-out image of each digit. Pixels of scikit-learn's load_digits (CC BY
// 4.0): 0 to 16, a base-36 digit each, rows from the top. The model was not trained on the last 360 images of the set.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load } from '../../js/node.js';

const images = [
  '002c700000fef60006a42e10088008500780048002e00560009c4e30001df900',
  '00007g600004gg4002bfgg700agdag4001304g5000007g7000009g8000009g60',
  '04gf20000bff700009a6e0000007f000000da000001g722001cgfgf004gggcb0',
  '01cf500004f8f3000031e400004eg100001aef4000000c800484ag4002cgd600',
  '000c7000006f110001e8a80006f0dc600efcgg900agfg810000ag100000c9000',
  '026ac1000eda51000a6000000adcc50002857e80000005c000221aa0005gge10',
  '006e100000ca000003g1000005e0420007gggg5004g609b000e85d90005dgc10',
  '001eggf100be8db000f60e3000515d10000dgg90002gf910000b9000003g2000',
  '001ed40003fcbf0008b17d0001deg100000ede20002c0980003d4c600009ed10',
  '008de50005d4b90004d1ce00008ebc40000007800000048000220b70008ggd20',
];

test('digits.onedge: a held-out image of each digit', async (t) => {
  const model = await load(fileURLToPath(new URL('../../models/digits/digits.onedge', import.meta.url)));
  t.after(() => model.dispose());
  for (const [digit, pixels] of images.entries()) {
    const data = Uint8Array.from(pixels, (pixel) => Math.round((parseInt(pixel, 36) * 255) / 16));
    const [best] = await model.run({ data, width: 8, height: 8, channels: 1 });
    assert.equal(best.label, String(digit));
    assert.ok(best.score > 0.5, `${digit}: ${best.score}`);
  }
});
