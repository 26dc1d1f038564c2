// A model whose run is long, and whose answer is known: y = x W W W ..., with a weight that only permutes columns.
import { OnnxWriter } from './onnx_writer.mjs';

/** Columns of x and y. */
export const SIZE = 96;
/** Products after which y has the numbers of x. */
export const COUNT = 4 * SIZE;

/** `count` products of [n, 96] and [96, 96]. */
export function chain(count = COUNT) {
  const model = new OnnxWriter(1);
  const permutation = new Float32Array(SIZE * SIZE);
  for (let i = 0; i < SIZE; ++i) permutation[i * SIZE + ((i + 1) % SIZE)] = 1;
  const weight = model.constant([SIZE, SIZE], permutation);
  let y = model.input('x', ['n', SIZE]);
  for (let i = 0; i < count; ++i) y = model.node('Relu', [model.node('MatMul', [y, weight])]);
  model.node('Identity', [y], {}, ['y']);
  model.output('y', ['n', SIZE]);
  return new Uint8Array(model.finish());
}
