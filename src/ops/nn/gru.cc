#include "ops/nn/gru.h"

namespace onedge::ops {
namespace {

// The run around the steps, shared by both.
template <typename Self>
Status RunRecurrent(const Self& self, OpContext& ctx) {
  ONEDGE_ASSIGN_OR_RETURN(const RecurrentSizes sizes, CheckRecurrent(ctx, self.attributes));
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<size_t> lengths, SequenceLengths(ctx, sizes));
  const RecurrentScratch scratch(sizes);
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const auto inputs, RecurrentInputs<T>::Read(ctx));
    ONEDGE_ASSIGN_OR_RETURN(auto outputs, RecurrentOutputs<T>::Create(ctx, sizes, dtype, /*with_cell=*/false));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* bytes, ctx.Workspace(scratch.total * sizeof(T)));
    T* workspace = reinterpret_cast<T*>(bytes);
    outputs.Clear(sizes);
    const size_t gate_size = sizes.gate_size();
    for (size_t direction = 0; direction < sizes.directions; ++direction) {
      ProjectInputs(sizes, inputs, direction, scratch, workspace, ctx.threads());
      T* bias = workspace + scratch.bias;  // of W, then of R
      for (size_t i = 0; i < 2 * gate_size; ++i) {
        bias[i] = inputs.b.defined() ? inputs.b.template data<T>()[direction * 2 * gate_size + i] : T();
      }
      T* h = workspace + scratch.hidden;
      LoadState(sizes, inputs.initial_h, direction, h);
      const bool backward = self.attributes.reverse || direction == 1;
      for (size_t step = 0; step < sizes.steps; ++step) {
        ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
        self.Step(sizes, scratch, workspace, direction, step, lengths, backward, ctx.threads());
        for (size_t b = 0; b < sizes.batch; ++b) {
          if (step >= lengths[b]) continue;
          outputs.StoreStep(sizes, backward ? lengths[b] - 1 - step : step, direction, b, h + b * sizes.hidden);
        }
      }
      outputs.StoreState(sizes, direction, h, nullptr);
    }
    return outputs.Store();
  });
}

}  // namespace

template <typename T>
void GRU::Step(const RecurrentSizes& sizes, const RecurrentScratch& scratch, T* workspace, size_t direction,
               size_t step, const std::vector<size_t>& lengths, bool backward, ThreadPool* pool) const {
  const size_t n = sizes.hidden;
  const size_t gate_size = sizes.gate_size();
  const T* bias = workspace + scratch.bias;
  T* h = workspace + scratch.hidden;
  T* reset_h = workspace + scratch.cell;
  const GateActivation& f = attributes.activation(direction, 0);
  const GateActivation& g = attributes.activation(direction, 1);
  MultiplyState(sizes, h, scratch, workspace, 0, linear_before_reset ? 3 * n : 2 * n, pool);
  const auto gates_of = [&](size_t b) {
    const size_t time = backward ? lengths[b] - 1 - step : step;
    return workspace + scratch.products + sizes.RowOf(time, b) * gate_size;
  };
  for (size_t b = 0; b < sizes.batch; ++b) {
    const bool active = step < lengths[b];
    T* state = h + b * n;
    if (!active) {
      for (size_t i = 0; i < n; ++i) reset_h[b * n + i] = state[i];
      continue;
    }
    T* gates = gates_of(b);
    const T* recurrent = workspace + scratch.recurrent + b * gate_size;
    for (size_t i = 0; i < 2 * n; ++i) gates[i] = gates[i] + recurrent[i] + (bias[i] + bias[gate_size + i]);
    f.Apply(gates, 2 * n, attributes.clip);
    for (size_t i = 0; i < n; ++i) reset_h[b * n + i] = gates[n + i] * state[i];
  }
  if (!linear_before_reset) MultiplyState(sizes, reset_h, scratch, workspace, 2 * n, n, pool);
  for (size_t b = 0; b < sizes.batch; ++b) {
    if (step >= lengths[b]) continue;
    T* gates = gates_of(b);
    T* candidate = gates + 2 * n;
    const T* recurrent = workspace + scratch.recurrent + b * gate_size + 2 * n;
    const T* w_bias = bias + 2 * n;
    const T* r_bias = bias + gate_size + 2 * n;
    if (linear_before_reset) {
      for (size_t i = 0; i < n; ++i)
        candidate[i] = candidate[i] + gates[n + i] * (recurrent[i] + r_bias[i]) + w_bias[i];
    } else {
      for (size_t i = 0; i < n; ++i) candidate[i] = candidate[i] + recurrent[i] + (r_bias[i] + w_bias[i]);
    }
    g.Apply(candidate, n, attributes.clip);
    T* state = h + b * n;
    for (size_t i = 0; i < n; ++i) state[i] = (T{1} - gates[i]) * candidate[i] + gates[i] * state[i];
  }
}

template <typename T>
void RNN::Step(const RecurrentSizes& sizes, const RecurrentScratch& scratch, T* workspace, size_t direction,
               size_t step, const std::vector<size_t>& lengths, bool backward, ThreadPool* pool) const {
  const size_t n = sizes.hidden;
  const T* bias = workspace + scratch.bias;
  T* h = workspace + scratch.hidden;
  MultiplyState(sizes, h, scratch, workspace, 0, n, pool);
  for (size_t b = 0; b < sizes.batch; ++b) {
    if (step >= lengths[b]) continue;
    const size_t time = backward ? lengths[b] - 1 - step : step;
    const T* product = workspace + scratch.products + sizes.RowOf(time, b) * n;
    const T* recurrent = workspace + scratch.recurrent + b * n;
    T* state = h + b * n;
    for (size_t i = 0; i < n; ++i) state[i] = product[i] + recurrent[i] + (bias[i] + bias[n + i]);
    attributes.activation(direction, 0).Apply(state, n, attributes.clip);
  }
}

Status GRU::Run(OpContext& ctx) const { return RunRecurrent(*this, ctx); }

Status RNN::Run(OpContext& ctx) const { return RunRecurrent(*this, ctx); }

template <>
Result<OpPtr> Parse<GRU>(AttributeReader& attrs) {
  auto op = std::make_unique<GRU>();
  constexpr std::string_view kDefaults[] = {"Sigmoid", "Tanh"};
  op->attributes = RecurrentAttributes::Parse(attrs, 3, kDefaults);
  if (attrs.opset() >= 3) op->linear_before_reset = attrs.Int("linear_before_reset", 0) != 0;
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<RNN>(AttributeReader& attrs) {
  auto op = std::make_unique<RNN>();
  constexpr std::string_view kDefaults[] = {"Tanh"};
  op->attributes = RecurrentAttributes::Parse(attrs, 1, kDefaults);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
