// Sweep: subgraphs and sequences.
import { DTYPES } from '../../ort/onnx_writer.mjs';
import { caseOf, subgraph } from './case_writer.mjs';

const TRIPS = 1000;
const FLOAT = DTYPES.float32;

/** The body of a Loop: inputs are the trip and the condition, which it hands on. */
function body() {
  const inner = subgraph();
  inner.input('trip', [], { type: DTYPES.int64 });
  inner.input('go_on', [], { type: DTYPES.bool });
  inner.node('Identity', ['go_on'], {}, ['again']);
  inner.result('again', 'bool');
  return inner;
}

const loop = (model, inner, state) => model.node('Loop', [model.scalar('int64', BigInt(TRIPS)), model.scalar('bool', 1), state], { body: { graph: inner } });

export const controlFlow = [
  caseOf('If, whose branches convolve with weights of the outer graph', (model) => {
    const x = model.feed('float32', [1, 128, 64]);
    const weights = model.weights('float32', [128, 128, 3], [-0.1, 0.1]);
    const branch = (op) => {
      const inner = subgraph();
      const y = inner.node(op, [inner.node('Conv', [x, weights], { pads: [1, 1] })], {}, ['y']);
      inner.result(y);
      return { graph: inner };
    };
    model.result(model.node('If', [model.feed('bool', [], [1, 1])], { then_branch: branch('Relu'), else_branch: branch('Neg') }));
  }),
  caseOf(`Loop of ${TRIPS} trips over 64 numbers`, (model) => {
    const inner = body();
    inner.input('state', [64]);
    inner.node('Add', [inner.node('Mul', ['state', inner.scalar('float32', 0.999)]), inner.scalar('float32', 0.001)], {}, ['next']);
    inner.result('next');
    model.result(loop(model, inner, model.feed('float32', [64])));
  }),
  caseOf(`SequenceInsert x ${TRIPS} in a Loop`, (model) => {
    const x = model.feed('float32', [1, 64]);
    const inner = body();
    inner.input('list', undefined, { sequence: true });
    inner.node('SequenceInsert', ['list', x], {}, ['longer']);
    inner.result('longer', 'float32', { sequence: true });
    model.result(model.node('ConcatFromSequence', [loop(model, inner, model.node('SequenceEmpty', [], { dtype: FLOAT }))], { axis: 0 }));
  }),
];
