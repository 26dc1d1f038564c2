// Sweep: norms, softmax, reductions, chains of elementwise operators, and operators that move data.
import { caseOf, oneNode } from './case_writer.mjs';

const rows = [1, 128, 384];
const image = [1, 64, 56, 56];
const weights = (...dims) => (model) => dims.map((one) => model.weights('float32', one, [0.5, 1.5])); // a variance is positive
const SQRT2 = 1.4142135;

export const elements = [
  oneNode('LayerNormalization of 128x384', 'LayerNormalization', [rows], { axis: -1 }, weights([384], [384])),
  oneNode('BatchNormalization of 64x56x56', 'BatchNormalization', [image], {}, weights([64], [64], [64], [64])),
  oneNode('InstanceNormalization of 64x56x56', 'InstanceNormalization', [image], {}, weights([64], [64])),
  oneNode('Softmax of 12x128x128', 'Softmax', [[1, 12, 128, 128]], { axis: -1 }),
  oneNode('Softmax of 1x51865', 'Softmax', [[1, 51_865]], { axis: -1 }),
  oneNode('ReduceMean of 128x384, last axis', 'ReduceMean', [rows], { axes: [-1] }),
  oneNode('ReduceMean of 64x56x56, over pixels', 'ReduceMean', [image], { axes: [2, 3] }),
  oneNode('ReduceSum of 64x56x56, over channels', 'ReduceSum', [image], {}, (model) => [model.int64s(1)]),
  caseOf('ArgMax of 1x150x128x128, over channels', (model) => {
    model.result(model.node('ArgMax', [model.feed('float32', [1, 150, 128, 128])], { axis: 1 }), 'int64');
  }),
  caseOf('GELU of 128x1536 (Div, Erf, Add, Mul, Mul)', (model) => {
    const x = model.feed('float32', [1, 128, 1536]);
    const one = model.node('Add', [model.node('Erf', [model.node('Div', [x, model.scalar('float32', SQRT2)])]), model.scalar('float32', 1)]);
    model.result(model.node('Mul', [model.node('Mul', [x, one]), model.scalar('float32', 0.5)]));
  }),
  caseOf('hard swish of 64x56x56 (Add, Clip, Div, Mul)', (model) => {
    const x = model.feed('float32', image, [-6, 6]);
    const clipped = model.node('Clip', [model.node('Add', [x, model.scalar('float32', 3)]), model.scalar('float32', 0), model.scalar('float32', 6)]);
    model.result(model.node('Mul', [x, model.node('Div', [clipped, model.scalar('float32', 6)])]));
  }),
  caseOf('squeeze and excite of 96x28x28 (Sigmoid, Mul)', (model) => {
    model.result(model.node('Mul', [model.feed('float32', [1, 96, 28, 28]), model.node('Sigmoid', [model.feed('float32', [1, 96, 1, 1])])]));
  }),
  caseOf('masked scores of 12x128x128 (Where, Add)', (model) => {
    const masked = model.node('Where', [model.feed('bool', [1, 1, 128, 128]), model.feed('float32', [1, 12, 128, 128]), model.scalar('float32', -1e4)]);
    model.result(model.node('Add', [masked, model.feed('float32', [1, 12, 1, 128])]));
  }),
  caseOf('Gather 128 rows of 30522x384', (model) => {
    model.result(model.node('Gather', [model.weights('float32', [30_522, 384]), model.feed('int64', [1, 128], [0, 30_521])]));
  }),
  oneNode('Transpose of 128x12x32 to 12x128x32', 'Transpose', [[1, 128, 12, 32]], { perm: [0, 2, 1, 3] }),
  oneNode('Transpose of 64x56x56 to 56x56x64', 'Transpose', [image], { perm: [0, 2, 3, 1] }),
  oneNode('Concat of 2 x 64x56x56, channels', 'Concat', [image, image], { axis: 1 }),
  oneNode('Slice of 64x56x56, every other pixel', 'Slice', [image], {}, (model) => [model.int64s(0, 0), model.int64s(56, 56), model.int64s(2, 3), model.int64s(2, 2)]),
  oneNode('Pad of 64x56x56, reflected', 'Pad', [image], { mode: { string: 'reflect' } }, (model) => [model.int64s(0, 0, 1, 1, 0, 0, 1, 1)]),
  caseOf('TopK 100 of 8400', (model) => {
    model.node('TopK', [model.feed('float32', [1, 8400]), model.int64s(100)], {}, ['values', 'indices']);
    model.result('values');
    model.result('indices', 'int64');
  }),
  caseOf('NonZero of 256x256', (model) => {
    model.result(model.node('NonZero', [model.feed('bool', [256, 256])]), 'int64');
  }),
];
