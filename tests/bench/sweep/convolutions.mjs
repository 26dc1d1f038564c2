// Sweep: convolutions of each kind, in f32, in f16 and quantized (DequantizeLinear, Conv, QuantizeLinear).
import { caseOf, oneNode } from './case_writer.mjs';

// Kind -> dims of x, dims of the weights, attributes; shapes of MobileNet, ResNet, EfficientNet, U-Net and Whisper.
const KINDS = {
  'conv 1x1 96->24 at 56x56': { x: [1, 96, 56, 56], w: [24, 96, 1, 1] },
  'conv 3x3 64->64 at 56x56': { x: [1, 64, 56, 56], w: [64, 64, 3, 3], pads: [1, 1, 1, 1] },
  'conv 5x5 32->64 at 28x28': { x: [1, 32, 28, 28], w: [64, 32, 5, 5], pads: [2, 2, 2, 2] },
  'conv 3x3 stride 2 3->32 at 224x224': { x: [1, 3, 224, 224], w: [32, 3, 3, 3], pads: [1, 1, 1, 1], strides: [2, 2] },
  'conv 3x3 of 4 groups 128->128 at 28x28': { x: [1, 128, 28, 28], w: [128, 32, 3, 3], pads: [1, 1, 1, 1], group: 4 },
  'conv 3x3 depthwise 144 at 56x56': { x: [1, 144, 56, 56], w: [144, 1, 3, 3], pads: [1, 1, 1, 1], group: 144 },
  'conv transposed 2x2 stride 2 128->64 at 64x64': { op: 'ConvTranspose', x: [1, 128, 64, 64], w: [128, 64, 2, 2], strides: [2, 2] },
  'conv 1-D 3 80->384 at 1500': { x: [1, 80, 1500], w: [384, 80, 3], pads: [1, 1] },
};

const outputs = ({ op, w }) => (op ? w[1] : w[0]);
const terms = ({ op, w }) => (op ? w[0] : w.slice(1).reduce((a, b) => a * b)); // of one output element
const attributesOf = ({ pads, strides, group }) => Object.fromEntries(Object.entries({ pads, strides, group }).filter(([, value]) => value));

const plain = (name, kind, dtype) =>
  caseOf(`${name} ${dtype === 'float16' ? 'f16' : 'f32'}`, (model) => {
    const inputs = [model.feed(dtype, kind.x), model.weights(dtype, kind.w), model.weights(dtype, [outputs(kind)])];
    model.result(model.node(kind.op ?? 'Conv', inputs, attributesOf(kind)), dtype);
  });

const X_SCALE = 0.02;
const W_SCALE = 0.01;
const ZERO = 128;
// Standard deviations of x and of the weights, from their ranges. The output has 3 of its own on each side.
const OUT_SCALE = (count) => (Math.sqrt(count) * (X_SCALE * 74) * (W_SCALE * 36) * 3) / 127;

const quantized = (name, kind) =>
  caseOf(`${name} QDQ`, (model) => {
    const count = outputs(kind);
    const scales = (value) => model.constant([count], new Float32Array(count).fill(value));
    const zeros = (ArrayType, dtype) => model.constant([count], new ArrayType(count), dtype);
    const zero = model.scalar('uint8', ZERO);
    const x = model.node('DequantizeLinear', [model.feed('uint8', kind.x), model.scalar('float32', X_SCALE), zero]);
    const w = model.node('DequantizeLinear', [model.weights('int8', kind.w), scales(W_SCALE), zeros(Int8Array, 'int8')], { axis: kind.op ? 1 : 0 });
    const b = model.node('DequantizeLinear', [model.weights('int32', [count], [-500, 500]), scales(X_SCALE * W_SCALE), zeros(Int32Array, 'int32')], { axis: 0 });
    const y = model.node(kind.op ?? 'Conv', [x, w, b], attributesOf(kind));
    model.result(model.node('QuantizeLinear', [y, model.scalar('float32', OUT_SCALE(terms(kind))), zero]), 'uint8');
  });

const image = (channels, size) => [1, channels, size, size];

export const convolutions = [
  ...Object.entries(KINDS).flatMap(([name, kind]) => [plain(name, kind, 'float32'), plain(name, kind, 'float16'), quantized(name, kind)]),
  plain('conv 7x7 stride 2 3->64 at 224x224', { x: image(3, 224), w: [64, 3, 7, 7], pads: [3, 3, 3, 3], strides: [2, 2] }, 'float32'),
  caseOf('ConvInteger 3x3 64->64 at 56x56', (model) => {
    const inputs = [model.feed('uint8', image(64, 56)), model.weights('uint8', [64, 64, 3, 3]), model.scalar('uint8', ZERO), model.scalar('uint8', ZERO)];
    model.result(model.node('ConvInteger', inputs, { pads: [1, 1, 1, 1] }), 'int32');
  }),
  caseOf('QLinearConv 3x3 64->64 at 28x28', (model) => {
    const inputs = [
      model.feed('uint8', image(64, 28)), model.scalar('float32', X_SCALE), model.scalar('uint8', ZERO), model.weights('int8', [64, 64, 3, 3]), model.scalar('float32', W_SCALE),
      model.scalar('int8', 0), model.scalar('float32', OUT_SCALE(576)), model.scalar('uint8', ZERO), model.weights('int32', [64], [-500, 500]),
    ];
    model.result(model.node('QLinearConv', inputs, { pads: [1, 1, 1, 1] }), 'uint8');
  }),
  oneNode('MaxPool 3x3 stride 2 of 64x112x112', 'MaxPool', [image(64, 112)], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  oneNode('AveragePool 3x3 of 192x28x28', 'AveragePool', [image(192, 28)], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  oneNode('GlobalAveragePool of 1280x7x7', 'GlobalAveragePool', [image(1280, 7)]),
  oneNode('Resize linear x2 of 64x64x64', 'Resize', [image(64, 64)], { mode: { string: 'linear' } }, (model) => ['', model.floats(1, 1, 2, 2)]),
  oneNode('Resize nearest x2 of 128x40x40', 'Resize', [image(128, 40)], { mode: { string: 'nearest' }, coordinate_transformation_mode: { string: 'asymmetric' }, nearest_mode: { string: 'floor' } }, (model) => ['', model.floats(1, 1, 2, 2)]),
  caseOf('Resize linear of uint8 3x480x640 to 224x224', (model) => {
    const inputs = [model.feed('uint8', [1, 3, 480, 640]), '', '', model.int64s(1, 3, 224, 224)];
    model.result(model.node('Resize', inputs, { mode: { string: 'linear' } }), 'uint8');
  }),
];
