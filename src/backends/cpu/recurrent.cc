// LSTM, GRU and RNN with constant weights. W and R are packed once. The inputs of all steps are multiplied by W in one
// product; then each step needs one product with R (two in a GRU that resets first). 16-bit floats are computed in f32.
#include <algorithm>
#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/packed_weights.h"
#include "backends/cpu/row_kernels.h"
#include "base/checked_math.h"
#include "ops/nn/gru.h"
#include "ops/nn/lstm.h"

namespace onedge::backends::cpu {
namespace {

using ops::RecurrentSizes;

// A step with fewer multiplications runs on one thread: to wake others takes as long.
constexpr size_t kParallelStep = size_t{1} << 19;

// Of one direction. The products with W add the biases of both, except the one that a GRU multiplies by its reset gate:
// the product with R adds that.
struct DirectionWeights {
  PackedWeightsF32 w;                           // [input, gates * hidden]
  PackedWeightsF32 r;                           // [hidden, gates * hidden], or z and r only: [hidden, 2 * hidden]
  std::optional<PackedWeightsF32> r_candidate;  // of a GRU that resets first: [hidden, hidden]
};

// The scratch of one direction.
struct Scratch {
  float* products;     // X * W: [steps * batch, gates * hidden]
  float* recurrent;    // H * R of one step: [batch, gates * hidden]
  float* h;            // [batch, hidden]
  float* c;            // [batch, hidden]; GRU: the reset hidden state
  uint8_t* workspace;  // of the products
};

// The arguments of a step of one direction.
struct StepArguments {
  const RecurrentSizes& sizes;
  const DirectionWeights& weights;
  size_t direction;
  const Scratch& scratch;
  const float* peepholes;  // of LSTM: [3 * hidden], or null
  const RowKernels& rows;
  ThreadPool* threads;

  void MultiplyState(const PackedWeightsF32& r, const float* state, float* to) const {
    r.Run(sizes.batch, state, sizes.hidden, 1, to, sizes.gate_size(), {}, scratch.workspace, threads);
  }
};

// x = f(clamp(x)), with the bits of GateActivation::Apply.
void Apply(const ops::RecurrentAttributes& attributes, const RowKernels& rows, const ops::GateActivation& f, float* x,
           size_t count) {
  using Kind = ops::GateActivation::Kind;
  if (attributes.clip > 0 || (f.kind != Kind::kTanh && f.kind != Kind::kSigmoid)) {
    f.Apply(x, count, attributes.clip);
  } else {
    rows.activate(f.kind == Kind::kTanh ? ops::Activation::kTanh : ops::Activation::kSigmoid, x, count);
  }
}

// One step of all batch entries: updates the state. `gates(b)`: the products of entry b with W, which may be
// overwritten; null: its sequence has ended.
template <typename Gates>
void RunStep(const ops::LSTM& op, const StepArguments& a, const Gates& gates) {
  const size_t n = a.sizes.hidden, gate_size = a.sizes.gate_size();
  a.MultiplyState(a.weights.r, a.scratch.h, a.scratch.recurrent);
  const auto apply = [&](const ops::GateActivation& f, float* x, size_t count) {
    Apply(op.attributes, a.rows, f, x, count);
  };
  for (size_t b = 0; b < a.sizes.batch; ++b) {
    float* sums = gates(b);
    if (!sums) continue;
    const float* recurrent = a.scratch.recurrent + b * gate_size;
    for (size_t i = 0; i < gate_size; ++i) sums[i] += recurrent[i];
    op.Advance(a.direction, n, sums, a.peepholes, a.scratch.c + b * n, a.scratch.h + b * n, apply);
  }
}

template <typename Gates>
void RunStep(const ops::GRU& op, const StepArguments& a, const Gates& gates) {
  const size_t n = a.sizes.hidden, gate_size = a.sizes.gate_size();
  const bool resets_first = a.weights.r_candidate.has_value();
  a.MultiplyState(a.weights.r, a.scratch.h, a.scratch.recurrent);
  for (size_t b = 0; b < a.sizes.batch; ++b) {
    float* h = a.scratch.h + b * n;
    float* reset = a.scratch.c + b * n;
    float* z = gates(b);
    if (!z) {
      std::copy_n(h, n, reset);
      continue;
    }
    const float* recurrent = a.scratch.recurrent + b * gate_size;
    const float* r = z + n;
    for (size_t i = 0; i < 2 * n; ++i) z[i] += recurrent[i];
    Apply(op.attributes, a.rows, op.attributes.activation(a.direction, 0), z, 2 * n);
    if (resets_first) {
      for (size_t i = 0; i < n; ++i) reset[i] = r[i] * h[i];
    } else {
      for (size_t i = 0; i < n; ++i) reset[i] = r[i] * recurrent[2 * n + i];
    }
  }
  float* added = a.scratch.c;
  size_t added_stride = n;
  if (resets_first) {
    added = a.scratch.recurrent + 2 * n;
    added_stride = gate_size;
    a.MultiplyState(*a.weights.r_candidate, a.scratch.c, added);
  }
  for (size_t b = 0; b < a.sizes.batch; ++b) {
    const float* z = gates(b);
    if (!z) continue;
    float* candidate = gates(b) + 2 * n;
    float* h = a.scratch.h + b * n;
    for (size_t i = 0; i < n; ++i) candidate[i] += added[b * added_stride + i];
    Apply(op.attributes, a.rows, op.attributes.activation(a.direction, 1), candidate, n);
    for (size_t i = 0; i < n; ++i) h[i] = (1.0f - z[i]) * candidate[i] + z[i] * h[i];
  }
}

template <typename Gates>
void RunStep(const ops::RNN& op, const StepArguments& a, const Gates& gates) {
  const size_t n = a.sizes.hidden;
  a.MultiplyState(a.weights.r, a.scratch.h, a.scratch.recurrent);
  for (size_t b = 0; b < a.sizes.batch; ++b) {
    const float* sums = gates(b);
    if (!sums) continue;
    float* h = a.scratch.h + b * n;
    for (size_t i = 0; i < n; ++i) h[i] = sums[i] + a.scratch.recurrent[b * n + i];
    Apply(op.attributes, a.rows, op.attributes.activation(a.direction, 0), h, n);
  }
}

template <typename Op>
class RecurrentKernel final : public Kernel {
 public:
  // `op`: the node's operator, which must outlive its kernel.
  RecurrentKernel(const Op& op, bool exact, size_t input, size_t hidden, std::vector<DirectionWeights> weights)
      : op_(op), rows_(SelectRowKernels(exact)), input_(input), hidden_(hidden), weights_(std::move(weights)) {}

  // With threads, the directions of a bidirectional node run at the same time, each with its own scratch.
  Planned Plan(const NodeShapes& shapes, BackendSession* session) const override {
    ONEDGE_ASSIGN_OR_RETURN(const RecurrentSizes sizes, SizesOf(*shapes.inputs[0]));
    const size_t slots = ThreadsOf(session) > 1 ? sizes.directions : 1;
    return std::unique_ptr<Step>(std::make_unique<ScratchStep<RecurrentKernel>>(*this, slots * ScratchBytes(sizes)));
  }

  // Once for each run; the loops over steps are in RunStep.
  [[gnu::noinline]] __attribute__((minsize)) Status Run(ops::OpContext& ctx, size_t workspace_bytes) const {
    const DType dtype = ctx.Input(0).dtype();
    ONEDGE_ASSIGN_OR_RETURN(const RecurrentSizes sizes, SizesOf(ctx.Input(0).shape()));
    ONEDGE_ASSIGN_OR_RETURN(const std::vector<size_t> lengths, ops::SequenceLengths(ctx, sizes));
    ops::RecurrentInputs<float> inputs;
    ONEDGE_ASSIGN_OR_RETURN(inputs.x, ops::RealInput<float>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(inputs.initial_h, ops::OptionalRealInput<float>(ctx, 5, dtype));
    ONEDGE_ASSIGN_OR_RETURN(inputs.initial_c, ops::OptionalRealInput<float>(ctx, 6, dtype));
    ONEDGE_ASSIGN_OR_RETURN(inputs.peepholes, ops::OptionalRealInput<float>(ctx, 7, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto outputs, ops::RecurrentOutputs<float>::Create(ctx, sizes, dtype, sizes.gates == 4));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(workspace_bytes));
    const bool ends_early =
        std::any_of(lengths.begin(), lengths.end(), [&](size_t length) { return length < sizes.steps; });
    if (ends_early) outputs.Clear(sizes);

    const size_t bytes = ScratchBytes(sizes);
    const bool together = sizes.directions > 1 && workspace_bytes >= sizes.directions * bytes;
    const size_t step_work = sizes.batch * sizes.hidden * sizes.gate_size();
    ThreadPool* const step_threads = !together && step_work >= kParallelStep ? ctx.threads() : nullptr;
    const auto scratch_of = [&](size_t direction) {
      return LayOut(sizes, workspace + (together ? direction * bytes : 0));
    };
    const auto start = [&](size_t direction) {
      const Scratch scratch = scratch_of(direction);
      weights_[direction].w.Run(sizes.steps * sizes.batch, inputs.x.data<float>(), input_, 1, scratch.products,
                                sizes.gate_size(), {}, scratch.workspace, ctx.threads());
      ops::LoadState(sizes, inputs.initial_h, direction, scratch.h);
      if (sizes.gates == 4) ops::LoadState(sizes, inputs.initial_c, direction, scratch.c);
    };
    const auto step = [&](size_t direction, size_t step) {
      const Scratch scratch = scratch_of(direction);
      const auto time_of = [&](size_t b) {
        return op_.attributes.reverse || direction == 1 ? lengths[b] - 1 - step : step;
      };
      const float* peepholes =
          inputs.peepholes.defined() ? inputs.peepholes.data<float>() + direction * 3 * hidden_ : nullptr;
      RunStep(op_, {sizes, weights_[direction], direction, scratch, peepholes, rows_, step_threads}, [&](size_t b) {
        return step < lengths[b] ? scratch.products + sizes.RowOf(time_of(b), b) * sizes.gate_size() : nullptr;
      });
      for (size_t b = 0; b < sizes.batch; ++b) {
        if (step < lengths[b]) outputs.StoreStep(sizes, time_of(b), direction, b, scratch.h + b * hidden_);
      }
    };
    if (together) {
      for (size_t direction = 0; direction < sizes.directions; ++direction) start(direction);
      // In parts, because only this thread may ask whether the run is cancelled.
      constexpr size_t kPart = 64;
      for (size_t first = 0; first < sizes.steps; first += kPart) {
        ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
        ParallelFor(ctx.threads(), sizes.directions, [&](size_t direction) {
          for (size_t s = first; s < std::min(sizes.steps, first + kPart); ++s) step(direction, s);
        });
      }
    }
    for (size_t direction = 0; direction < sizes.directions; ++direction) {
      if (!together) {
        start(direction);
        for (size_t s = 0; s < sizes.steps; ++s) {
          ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
          step(direction, s);
        }
      }
      const Scratch scratch = scratch_of(direction);
      outputs.StoreState(sizes, direction, scratch.h, scratch.c);
    }
    return outputs.Store();
  }

  size_t resident_bytes() const override {
    size_t bytes = 0;
    for (const DirectionWeights& direction : weights_) {
      bytes += direction.w.byte_size() + direction.r.byte_size();
      if (direction.r_candidate) bytes += direction.r_candidate->byte_size();
    }
    return bytes;
  }

 private:
  Result<RecurrentSizes> SizesOf(const Shape& x) const {
    const ops::RecurrentAttributes& attributes = op_.attributes;
    if (x.rank() != 3 || x[2] != static_cast<int64_t>(input_)) {
      return InvalidArgument("input 0: expected 3 dimensions with ", input_, " as the last, got shape ", x);
    }
    RecurrentSizes sizes;
    sizes.steps = static_cast<size_t>(x[attributes.batch_first ? 1 : 0]);
    sizes.batch = static_cast<size_t>(x[attributes.batch_first ? 0 : 1]);
    sizes.input = input_;
    sizes.hidden = hidden_;
    sizes.gates = attributes.gates;
    sizes.directions = attributes.directions;
    sizes.batch_first = attributes.batch_first;
    ONEDGE_RETURN_IF_ERROR(sizes.OutputShape().Check());
    // Scratch is a small multiple of the output. This bound keeps its size far from overflow.
    if (sizes.OutputShape().element_count() >= int64_t{1} << 40) {
      return ResourceExhausted("a recurrent output of shape ", sizes.OutputShape(), " is too large");
    }
    return sizes;
  }

  struct ScratchOffsets {
    size_t products, recurrent, h, c, workspace, end;  // bytes
  };
  ScratchOffsets Offsets(const RecurrentSizes& sizes) const {
    size_t offset = 0;
    const auto take = [&offset](size_t bytes) {
      const size_t at = offset;
      offset += AlignUp(bytes, size_t{64});
      return at;
    };
    const size_t row = sizes.gate_size() * sizeof(float), state = sizes.batch * sizes.hidden * sizeof(float);
    ScratchOffsets offsets;
    offsets.products = take(sizes.steps * sizes.batch * row);
    offsets.recurrent = take(sizes.batch * row);
    offsets.h = take(state);
    offsets.c = take(state);
    offsets.workspace = take(std::max(weights_[0].w.WorkspaceBytes(sizes.steps * sizes.batch, 1),
                                      weights_[0].r.WorkspaceBytes(sizes.batch, 1)));
    offsets.end = offset;
    return offsets;
  }
  size_t ScratchBytes(const RecurrentSizes& sizes) const { return Offsets(sizes).end; }
  Scratch LayOut(const RecurrentSizes& sizes, uint8_t* bytes) const {
    const ScratchOffsets offsets = Offsets(sizes);
    const auto at = [bytes](size_t offset) { return reinterpret_cast<float*>(bytes + offset); };
    return {at(offsets.products), at(offsets.recurrent), at(offsets.h), at(offsets.c), bytes + offsets.workspace};
  }

  const Op& op_;
  const RowKernels& rows_;
  const size_t input_;
  const size_t hidden_;
  const std::vector<DirectionWeights> weights_;  // by direction
};

// Packs rows [first, first + rows) of a direction's weights, which are rows of [gates * hidden, columns], as [columns,
// rows].
Result<PackedWeightsF32> PackGates(const LowerContext& ctx, const float* weights, size_t first, size_t rows,
                                   size_t columns, std::span<const float> bias) {
  return PackedWeightsF32::Pack(SelectGemmF32(ctx.exact), columns, rows, weights + first * columns, 1, columns, bias,
                                ctx.budget);
}

// `resets_first`: the candidate of a GRU reads the reset state, so it is a product of its own. `resets_later`: it reads
// a part of the product with R that is multiplied by the reset gate, bias included.
template <typename Op>
__attribute__((minsize)) Lowered LowerRecurrent(LowerContext& ctx, bool resets_first, bool resets_later) {
  const auto& op = *ops::As<Op>(ctx.node);
  const graph::TypeInfo* x = ctx.InputType(0);
  const Tensor* w = ctx.Constant(1);
  const Tensor* r = ctx.Constant(2);
  const Tensor* b = ctx.Constant(3);
  if (!x || !x->is_tensor() || !w || !r || w->rank() != 3 || r->rank() != 3 || (ctx.InputType(3) && !b)) {
    return std::unique_ptr<const Kernel>();
  }
  const DType dtype = w->dtype();
  if (x->dtype != dtype || !ops::IsReal(dtype) || dtype == DType::kFloat64 || r->dtype() != dtype ||
      (b && b->dtype() != dtype)) {
    return std::unique_ptr<const Kernel>();
  }
  const int64_t hidden = r->dim(2), input = w->dim(2);
  const auto directions = static_cast<int64_t>(op.attributes.directions);
  const int64_t gate_size = static_cast<int64_t>(op.attributes.gates) * hidden;
  if (!(w->shape() == Shape{directions, gate_size, input}) || !(r->shape() == Shape{directions, gate_size, hidden}) ||
      (b && !(b->shape() == Shape{directions, 2 * gate_size})) || hidden == 0 || input == 0 ||
      (op.attributes.hidden_size > 0 && op.attributes.hidden_size != hidden)) {
    return std::unique_ptr<const Kernel>();
  }
  ONEDGE_ASSIGN_OR_RETURN(const Tensor wide_w, ops::ConvertReal(*w, DType::kFloat32, ctx.budget));
  ONEDGE_ASSIGN_OR_RETURN(const Tensor wide_r, ops::ConvertReal(*r, DType::kFloat32, ctx.budget));
  Tensor wide_b;
  if (b) {
    ONEDGE_ASSIGN_OR_RETURN(wide_b, ops::ConvertReal(*b, DType::kFloat32, ctx.budget));
  }
  const size_t n = static_cast<size_t>(hidden), columns = static_cast<size_t>(gate_size);
  std::vector<DirectionWeights> weights;
  for (size_t d = 0; d < static_cast<size_t>(directions); ++d) {
    std::vector<float> bias, r_bias;  // empty: none
    if (b) {
      const float* from = wide_b.data<float>() + d * 2 * columns;
      bias.assign(from, from + columns);
      for (size_t i = 0; i < (resets_later ? 2 * n : columns); ++i) bias[i] += from[columns + i];
      if (resets_later) {
        r_bias.assign(columns, 0.0f);
        std::copy_n(from + columns + 2 * n, n, r_bias.begin() + static_cast<ptrdiff_t>(2 * n));
      }
    }
    const float* from_w = wide_w.data<float>() + d * columns * static_cast<size_t>(input);
    const float* from_r = wide_r.data<float>() + d * columns * n;
    DirectionWeights& direction = weights.emplace_back();
    ONEDGE_ASSIGN_OR_RETURN(direction.w, PackGates(ctx, from_w, 0, columns, static_cast<size_t>(input), bias));
    ONEDGE_ASSIGN_OR_RETURN(direction.r, PackGates(ctx, from_r, 0, resets_first ? 2 * n : columns, n, r_bias));
    if (resets_first) {
      ONEDGE_ASSIGN_OR_RETURN(direction.r_candidate, PackGates(ctx, from_r, 2 * n, n, n, {}));
    }
  }
  ctx.ClaimInput(1);
  ctx.ClaimInput(2);
  if (b) ctx.ClaimInput(3);
  return std::unique_ptr<const Kernel>(
      std::make_unique<RecurrentKernel<Op>>(op, ctx.exact, static_cast<size_t>(input), n, std::move(weights)));
}

}  // namespace

Lowered LowerLstm(LowerContext& ctx) { return LowerRecurrent<ops::LSTM>(ctx, false, false); }

Lowered LowerGru(LowerContext& ctx) {
  const bool resets_later = ops::As<ops::GRU>(ctx.node)->linear_before_reset;
  return LowerRecurrent<ops::GRU>(ctx, !resets_later, resets_later);
}

Lowered LowerRnn(LowerContext& ctx) { return LowerRecurrent<ops::RNN>(ctx, false, false); }

}  // namespace onedge::backends::cpu
