// Sweep: matrix products and recurrent networks.
import { caseOf, oneNode } from './case_writer.mjs';

const constant = (dims) => (model) => [model.weights('float32', dims)];

/** LSTM and GRU: x [steps, 1, inputs], with states as inputs of the model. */
const recurrent = (name, op, gates, { steps, inputs, hidden, directions = 1 }, attributes = {}) =>
  caseOf(name, (model) => {
    const small = [-0.1, 0.1]; // sums of many terms stay where the gates are not flat
    const state = () => model.feed('float32', [directions, 1, hidden]);
    const x = model.feed('float32', [steps, 1, inputs]);
    const weights = [[inputs], [hidden]].map(([columns]) => model.weights('float32', [directions, gates * hidden, columns], small));
    const bias = model.weights('float32', [directions, 2 * gates * hidden], small);
    const names = op === 'LSTM' ? ['y', 'h', 'c'] : ['y', 'h'];
    model.node(op, [x, ...weights, bias, '', state(), ...(op === 'LSTM' ? [state()] : [])], { hidden_size: hidden, ...attributes }, names);
    for (const output of names) model.result(output);
  });

/** Weights of 4 bits with zero points, in blocks of 32. */
const fewBits = (rows, k, n) =>
  caseOf(`MatMulNBits ${rows}x${k}x${n}, 4 bits`, (model) => {
    const blocks = k / 32;
    const b = model.weights('uint8', [n, blocks, 16]);
    const scales = model.weights('float32', [n, blocks], [0.01, 0.02]);
    const zeros = model.weights('uint8', [n, blocks / 2]);
    model.result(model.node('com.microsoft.MatMulNBits', [model.feed('float32', [rows, k]), b, scales, zeros], { K: k, N: n, bits: 4, block_size: 32 }));
  });

const integers = [1, 128, 384];

export const products = [
  oneNode('MatMul 12 x (128x32 x 32x128)', 'MatMul', [[1, 12, 128, 32], [1, 12, 32, 128]]),
  oneNode('MatMul 12 x (128x128 x 128x32)', 'MatMul', [[1, 12, 128, 128], [1, 12, 128, 32]]),
  oneNode('MatMul 128x384x1536', 'MatMul', [[1, 128, 384]], {}, constant([384, 1536])),
  oneNode('MatMul 16x384x384', 'MatMul', [[1, 16, 384]], {}, constant([384, 384])),
  oneNode('MatMul 4x1536x384', 'MatMul', [[1, 4, 1536]], {}, constant([1536, 384])),
  oneNode('MatMul 1x384x1536', 'MatMul', [[1, 384]], {}, constant([384, 1536])),
  oneNode('MatMul 1x512x51865', 'MatMul', [[1, 512]], {}, constant([512, 51_865])),
  caseOf('MatMul 128x384x1536 f16', (model) => {
    model.result(model.node('MatMul', [model.feed('float16', [128, 384], [-0.5, 0.5]), model.weights('float16', [384, 1536], [-0.5, 0.5])]), 'float16');
  }),
  fewBits(1, 2048, 2048),
  fewBits(4, 2048, 2048),
  fewBits(128, 2048, 2048),
  oneNode('Gemm 1x1280x1000', 'Gemm', [[1, 1280]], { transB: 1 }, (model) => [model.weights('float32', [1000, 1280]), model.weights('float32', [1000])]),
  oneNode('Einsum bhid,bhjd->bhij 8x128x64', 'Einsum', [[1, 8, 128, 64], [1, 8, 128, 64]], { equation: { string: 'bhid,bhjd->bhij' } }),
  caseOf('MatMulInteger 128x384x384', (model) => {
    const inputs = [model.feed('uint8', integers), model.weights('int8', [384, 384]), model.scalar('uint8', 128), model.scalar('int8', 0)];
    model.result(model.node('MatMulInteger', inputs), 'int32');
  }),
  recurrent('LSTM, one step of 128', 'LSTM', 4, { steps: 1, inputs: 128, hidden: 128 }),
  recurrent('LSTM, both ways, 100 steps of 64', 'LSTM', 4, { steps: 100, inputs: 64, hidden: 64, directions: 2 }, { direction: { string: 'bidirectional' } }),
  recurrent('GRU, 50 steps of 256', 'GRU', 3, { steps: 50, inputs: 256, hidden: 256 }, { linear_before_reset: 1 }),
];
