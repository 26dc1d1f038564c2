// LinearAttention (ai.onnx 27): attention as a recurrence over a state matrix, with decay gates and the delta rule.
// CausalConvWithState (27): a depthwise convolution over the past; its last inputs become the next state.
#include <algorithm>
#include <cmath>

#include "ops/math/transcendental.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

bool Agree(const Dim& a, const Dim& b) { return !a.known() || !b.known() || a.value == b.value; }

Dim Divide(const Dim& dim, int64_t by) { return dim.known() ? Dim::Known(dim.value / by) : Dim::Unknown(); }

}  // namespace

// Always computed in float, as the specification requires.
struct LinearAttention final : Op {
  int64_t q_heads = 1;
  int64_t kv_heads = 1;
  float scale = 0;  // 0: 1 / sqrt(key size)
  bool gated = true;
  bool delta = true;

  // Inputs 0 to 2: q, k, v; 3: past state; 4: decay; 5: beta; 6: erase gate.
  struct Sizes {
    Dim batch, length, key, value;  // key and value: sizes of one head
    Dims output, state;
  };
  Result<Sizes> CheckDims(const Dims* const (&dims)[7], const bool (&given)[7]) const {
    Sizes sizes;
    if (given[4] != gated)
      return InvalidArgument("input 4 (decay): ", gated ? "required" : "not allowed", " by this update_rule");
    if (given[5] != delta)
      return InvalidArgument("input 5 (beta): ", delta ? "required" : "not allowed", " by this update_rule");
    if (given[6] && !delta) return InvalidArgument("input 6 (erase gate): not allowed by this update_rule");
    for (size_t i = 0; i < 7; ++i) {
      if (!dims[i] || i == 3) continue;
      if (dims[i]->size() != 3)
        return InvalidArgument("input ", i, ": expected [batch, length, heads * size], got ", dims[i]->size(),
                               " dimensions");
      if (!Agree(sizes.batch, (*dims[i])[0]) || !Agree(sizes.length, (*dims[i])[1])) {
        return InvalidArgument("input ", i, ": contradicts the batch or length of the other inputs");
      }
      if ((*dims[i])[0].known()) sizes.batch = (*dims[i])[0];
      if ((*dims[i])[1].known()) sizes.length = (*dims[i])[1];
    }
    const int64_t heads[3] = {q_heads, kv_heads, kv_heads};
    for (size_t i = 0; i < 3; ++i) {
      if (dims[i] && (*dims[i])[2].known() && (*dims[i])[2].value % heads[i] != 0) {
        return InvalidArgument("input ", i, ": expected a multiple of ", heads[i], " heads, got ", (*dims[i])[2].value);
      }
    }
    if (dims[0]) sizes.key = Divide((*dims[0])[2], q_heads);
    if (dims[1]) {
      const Dim key = Divide((*dims[1])[2], kv_heads);
      if (!Agree(sizes.key, key))
        return InvalidArgument("input 1: expected keys of size ", sizes.key.value, ", got ", key.value);
      if (key.known()) sizes.key = key;
    }
    if (dims[2]) sizes.value = Divide((*dims[2])[2], kv_heads);
    const Dim kv = Dim::Known(kv_heads);
    sizes.state = {sizes.batch, kv, sizes.key, sizes.value};
    if (dims[3]) {
      bool fits = dims[3]->size() == 4;
      for (size_t i = 0; fits && i < 4; ++i) fits = Agree((*dims[3])[i], sizes.state[i]);
      if (!fits) return InvalidArgument("input 3: expected a state of [batch, kv_heads, key size, value size]");
    }
    const auto last_is = [](const Dims* d, const Dim& a, const Dim& b) {
      return !d || Agree((*d)[2], a) || Agree((*d)[2], b);
    };
    const Dim keys = sizes.key.known() ? Dim::Known(sizes.key.value * kv_heads) : Dim::Unknown();
    if (!last_is(dims[4], kv, keys))
      return InvalidArgument("input 4: expected a decay for each head or each key element");
    if (!last_is(dims[5], kv, Dim::Known(1))) return InvalidArgument("input 5: expected a beta for each head, or one");
    if (!last_is(dims[6], keys, keys)) return InvalidArgument("input 6: expected an erase gate for each key element");
    sizes.output = {sizes.batch, sizes.length,
                    sizes.value.known() && sizes.value.value < int64_t{1} << 31
                        ? Dim::Known(sizes.value.value * q_heads)
                        : Dim::Unknown()};
    return sizes;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    const Dims* dims[7] = {};
    bool given[7] = {};
    for (size_t i = 0; i < 7; ++i) {
      if (i < 3) ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, i));
      dims[i] = ctx.InputDims(i);
      given[i] = ctx.HasInput(i);
    }
    ONEDGE_ASSIGN_OR_RETURN(const Sizes sizes, CheckDims(dims, given));
    ctx.SetOutput(0, ctx.InputDType(0), sizes.output);
    ctx.SetOutput(1, ctx.HasInput(3) ? ctx.InputDType(3) : ctx.InputDType(0), sizes.state);
    return OkStatus();
  }

  // q: [B, T, Hq * dk], k: [B, T, H * dk], v: [B, T, H * dv], past_state: [B, H, dk, dv] (optional), decay: [B, T, H or
  // H * dk], beta: [B, T, H or 1], erase_gate: [B, T, H * dk] -> y: [B, T, Hq * dv], state: [B, H, dk, dv]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    Dims held[7];
    const Dims* dims[7] = {};
    bool given[7] = {};
    Tensor x[7];
    for (size_t i = 0; i < 7; ++i) {
      given[i] = ctx.HasInput(i);
      if (!given[i]) continue;
      held[i] = graph::DimsOf(ctx.Input(i).shape());
      dims[i] = &held[i];
      ONEDGE_ASSIGN_OR_RETURN(x[i], ConvertReal(ctx.Input(i), DType::kFloat32, ctx.budget()));
    }
    ONEDGE_ASSIGN_OR_RETURN(const Sizes sizes, CheckDims(dims, given));
    const size_t batch = static_cast<size_t>(sizes.batch.value), length = static_cast<size_t>(sizes.length.value);
    const size_t dk = static_cast<size_t>(sizes.key.value), dv = static_cast<size_t>(sizes.value.value);
    const size_t heads = static_cast<size_t>(kv_heads), group = static_cast<size_t>(q_heads / kv_heads);
    const Shape y_shape = *graph::ShapeOf(sizes.output);
    const Shape state_shape = *graph::ShapeOf(sizes.state);
    const DType state_dtype = given[3] ? ctx.Input(3).dtype() : ctx.Input(0).dtype();
    ONEDGE_ASSIGN_OR_RETURN(Tensor y, Tensor::Allocate(DType::kFloat32, y_shape, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor state, Tensor::Allocate(DType::kFloat32, state_shape, ctx.budget()));
    const size_t state_count = static_cast<size_t>(state_shape.element_count());
    if (given[3]) {
      std::copy_n(x[3].data<float>(), state_count, state.mutable_data<float>());
    } else {
      std::fill_n(state.mutable_data<float>(), state_count, 0.0f);
    }
    const float factor = scale != 0 ? scale : 1 / std::sqrt(static_cast<float>(dk));
    ParallelFor(ctx.threads(), batch * heads, [&](size_t item) {
      const size_t b = item / heads;
      const size_t head = item % heads;
      std::vector<float> written(dv);
      for (size_t t = 0; t < length; ++t) {
        Step(x, b * length + t, head, dk, dv, state.mutable_data<float>() + item * dk * dv, written.data());
        for (size_t g = 0; g < group; ++g) {
          const size_t q_head = head * group + g;
          const float* q = x[0].data<float>() + ((b * length + t) * heads * group + q_head) * dk;
          const float* s = state.data<float>() + item * dk * dv;
          float* to = y.mutable_data<float>() + ((b * length + t) * heads * group + q_head) * dv;
          std::fill_n(to, dv, 0.0f);
          for (size_t i = 0; i < dk; ++i) {
            for (size_t j = 0; j < dv; ++j) to[j] = to[j] + q[i] * s[i * dv + j];
          }
          for (size_t j = 0; j < dv; ++j) to[j] = to[j] * factor;
        }
      }
    });
    ONEDGE_RETURN_IF_ERROR(Write(ctx, 0, ctx.Input(0).dtype(), y));
    return Write(ctx, 1, state_dtype, state);
  }

 private:
  // Decays the state [dk, dv] of one head, then adds k v^T of one time step (row: batch * length + time).
  void Step(const Tensor (&x)[7], size_t row, size_t head, size_t dk, size_t dv, float* state, float* written) const {
    const size_t heads = static_cast<size_t>(kv_heads);
    const float* k = x[1].data<float>() + (row * heads + head) * dk;
    const float* v = x[2].data<float>() + (row * heads + head) * dv;
    if (gated) {
      const bool per_key = x[4].dim(2) != kv_heads;
      const float* decay = x[4].data<float>() + (row * heads + head) * (per_key ? dk : 1);
      for (size_t i = 0; i < dk; ++i) {
        const float kept = lanes::Exp(decay[per_key ? i : 0]);
        for (size_t j = 0; j < dv; ++j) state[i * dv + j] = state[i * dv + j] * kept;
      }
    }
    std::copy_n(v, dv, written);
    if (delta) {
      const float beta = x[5].dim(2) == 1 ? x[5].data<float>()[row] : x[5].data<float>()[row * heads + head];
      const float* erase = x[6].defined() ? x[6].data<float>() + (row * heads + head) * dk : nullptr;
      std::fill_n(written, dv, 0.0f);
      for (size_t i = 0; i < dk; ++i) {
        const float key = erase ? erase[i] * k[i] : k[i];
        for (size_t j = 0; j < dv; ++j) written[j] = written[j] + state[i * dv + j] * key;
      }
      for (size_t j = 0; j < dv; ++j) written[j] = beta * (v[j] - written[j]);
    }
    for (size_t i = 0; i < dk; ++i) {
      for (size_t j = 0; j < dv; ++j) state[i * dv + j] = state[i * dv + j] + k[i] * written[j];
    }
  }

  static Status Write(OpContext& ctx, size_t i, DType dtype, const Tensor& value) {
    if (!ctx.WantsOutput(i)) return OkStatus();
    ONEDGE_ASSIGN_OR_RETURN(Tensor * out, ctx.Output(i, dtype, value.shape()));
    const size_t count = static_cast<size_t>(value.element_count());
    if (dtype == DType::kFloat32) {
      std::copy_n(value.data<float>(), count, out->mutable_data<float>());
    } else if (dtype == DType::kFloat64) {
      for (size_t j = 0; j < count; ++j) out->mutable_data<double>()[j] = value.data<float>()[j];
    } else {
      RoundTo(value, *out);
    }
    return OkStatus();
  }
};

struct CausalConvWithState final : Op {
  bool silu = false;

  static Status Check(const Dims& x, const Dims& w, const Dims* bias, const Dims* past) {
    if (x.size() != 3 || w.size() != 3)
      return InvalidArgument("expected x [batch, channels, length] and weights [channels, 1, k]");
    if (!Agree(x[1], w[0]) || !Agree(w[1], Dim::Known(1)) || w[2].is(0)) {
      return InvalidArgument("input 1: expected weights of [", x[1].value, ", 1, k], k at least 1");
    }
    if (bias && (bias->size() != 1 || !Agree((*bias)[0], x[1])))
      return InvalidArgument("input 2: expected a bias of [", x[1].value, "]");
    const Dim kept = w[2].known() ? Dim::Known(w[2].value - 1) : Dim::Unknown();
    if (past &&
        (past->size() != 3 || !Agree((*past)[0], x[0]) || !Agree((*past)[1], x[1]) || !Agree((*past)[2], kept))) {
      return InvalidArgument("input 3: expected a state of [batch, channels, k - 1]");
    }
    return OkStatus();
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    for (size_t i = 1; i < 4; ++i) {
      if (i == 1) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, i));
    }
    const Dims* x = ctx.InputDims(0);
    const Dims* w = ctx.InputDims(1);
    ctx.SetOutputType(0, ctx.InputType(0));
    std::optional<Dims> state;
    if (x && w) {
      ONEDGE_RETURN_IF_ERROR(Check(*x, *w, ctx.InputDims(2), ctx.InputDims(3)));
      state = Dims{(*x)[0], (*x)[1], (*w)[2].known() ? Dim::Known((*w)[2].value - 1) : Dim::Unknown()};
    }
    ctx.SetOutput(1, ctx.InputDType(0), std::move(state));
    return OkStatus();
  }

  // x: [B, C, L], w: [C, 1, k], bias: [C] (optional), past: [B, C, k - 1] (optional) -> y: as x, state: [B, C, k - 1]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    Dims held[4];
    const Dims* dims[4] = {};
    for (size_t i = 0; i < 4; ++i) {
      if (!ctx.HasInput(i)) continue;
      held[i] = graph::DimsOf(ctx.Input(i).shape());
      dims[i] = &held[i];
    }
    ONEDGE_RETURN_IF_ERROR(Check(held[0], held[1], dims[2], dims[3]));
    const Shape& shape = ctx.Input(0).shape();
    const size_t channels = static_cast<size_t>(shape[1]), length = static_cast<size_t>(shape[2]);
    const size_t k = static_cast<size_t>(ctx.Input(1).dim(2));
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor w, RealInput<T>(ctx, 1, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor bias, OptionalRealInput<T>(ctx, 2, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor past, OptionalRealInput<T>(ctx, 3, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      ONEDGE_ASSIGN_OR_RETURN(auto state,
                              RealOutput<T>::Create(ctx, 1, dtype, {shape[0], shape[1], static_cast<int64_t>(k - 1)}));
      std::vector<T> line(length + k - 1);
      for (size_t row = 0; row < static_cast<size_t>(shape[0]) * channels; ++row) {
        if (past.defined()) {
          std::copy_n(past.template data<T>() + row * (k - 1), k - 1, line.data());
        } else {
          std::fill_n(line.data(), k - 1, T{0});
        }
        std::copy_n(x.template data<T>() + row * length, length, line.data() + k - 1);
        const T* taps = w.template data<T>() + row % channels * k;
        T* to = y.data() + row * length;
        std::fill_n(to, length, T{0});
        for (size_t tap = 0; tap < k; ++tap) {
          for (size_t i = 0; i < length; ++i) to[i] = to[i] + taps[tap] * line[i + tap];
        }
        for (size_t i = 0; i < length; ++i) {
          if (bias.defined()) to[i] = to[i] + bias.template data<T>()[row % channels];
          if (silu) to[i] = to[i] * SigmoidOf(to[i]);
        }
        std::copy_n(line.data() + length, k - 1, state.data() + row * (k - 1));
      }
      ONEDGE_RETURN_IF_ERROR(state.Store());
      return y.Store();
    });
  }

 private:
  static float SigmoidOf(float x) { return lanes::Sigmoid(x); }
  static double SigmoidOf(double x) { return 1 / (1 + std::exp(-x)); }
};

template <>
Result<OpPtr> Parse<LinearAttention>(AttributeReader& attrs) {
  auto op = std::make_unique<LinearAttention>();
  op->q_heads = attrs.RequiredInt("q_num_heads");
  op->kv_heads = attrs.RequiredInt("kv_num_heads");
  op->scale = attrs.Float("scale", 0.0f);
  attrs.Ignore("chunk_size");  // a hint that does not change the result
  const std::string rule = attrs.String("update_rule", "gated_delta");
  op->gated = rule == "gated" || rule == "gated_delta";
  op->delta = rule == "delta" || rule == "gated_delta";
  if (!op->gated && !op->delta && rule != "linear") {
    attrs.FailValue("update_rule", "one of linear, gated, delta, gated_delta", rule);
  }
  constexpr int64_t kMost = int64_t{1} << 16;
  if (op->q_heads < 1 || op->kv_heads < 1 || op->q_heads >= kMost || op->q_heads % op->kv_heads != 0) {
    attrs.Fail(InvalidArgument("attributes 'q_num_heads' and 'kv_num_heads': expected a multiple of the second, got ",
                               op->q_heads, " and ", op->kv_heads));
    op->q_heads = op->kv_heads = 1;
  }
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<CausalConvWithState>(AttributeReader& attrs) {
  auto op = std::make_unique<CausalConvWithState>();
  const std::string activation = attrs.String("activation", "none");
  op->silu = activation == "silu" || activation == "swish";
  if (!op->silu && activation != "none") attrs.FailValue("activation", "one of none, silu, swish", activation);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
