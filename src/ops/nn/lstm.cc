#include "ops/nn/lstm.h"

namespace onedge::ops {
namespace {

template <typename T>
Status RunDirection(const LSTM& op, OpContext& ctx, const RecurrentSizes& sizes, const RecurrentScratch& scratch,
                    const RecurrentInputs<T>& inputs, const std::vector<size_t>& lengths, size_t direction,
                    T* workspace, RecurrentOutputs<T>& outputs) {
  const size_t n = sizes.hidden;
  const size_t gate_size = sizes.gate_size();
  ProjectInputs(sizes, inputs, direction, scratch, workspace, ctx.threads());
  T* bias = workspace + scratch.bias;
  for (size_t i = 0; i < gate_size; ++i) {
    const T* b = inputs.b.defined() ? inputs.b.template data<T>() + direction * 2 * gate_size : nullptr;
    bias[i] = b ? b[i] + b[gate_size + i] : T();
  }
  T* h = workspace + scratch.hidden;
  T* c = workspace + scratch.cell;
  LoadState(sizes, inputs.initial_h, direction, h);
  LoadState(sizes, inputs.initial_c, direction, c);
  const T* peepholes = inputs.peepholes.defined() ? inputs.peepholes.template data<T>() + direction * 3 * n : nullptr;
  const auto apply = [&](const GateActivation& f, T* x, size_t count) { f.Apply(x, count, op.attributes.clip); };
  const bool backward = op.attributes.reverse || direction == 1;
  for (size_t step = 0; step < sizes.steps; ++step) {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
    MultiplyState(sizes, h, scratch, workspace, 0, gate_size, ctx.threads());
    for (size_t b = 0; b < sizes.batch; ++b) {
      if (step >= lengths[b]) continue;
      const size_t time = backward ? lengths[b] - 1 - step : step;
      T* gates = workspace + scratch.products + sizes.RowOf(time, b) * gate_size;
      const T* recurrent = workspace + scratch.recurrent + b * gate_size;
      for (size_t i = 0; i < gate_size; ++i) gates[i] = gates[i] + recurrent[i] + bias[i];
      op.Advance(direction, n, gates, peepholes, c + b * n, h + b * n, apply);
      outputs.StoreStep(sizes, time, direction, b, h + b * n);
    }
  }
  outputs.StoreState(sizes, direction, h, c);
  return OkStatus();
}

}  // namespace

Status LSTM::Run(OpContext& ctx) const {
  ONEDGE_ASSIGN_OR_RETURN(const RecurrentSizes sizes, CheckRecurrent(ctx, attributes));
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<size_t> lengths, SequenceLengths(ctx, sizes));
  const RecurrentScratch scratch(sizes);
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const auto inputs, RecurrentInputs<T>::Read(ctx));
    ONEDGE_ASSIGN_OR_RETURN(auto outputs, RecurrentOutputs<T>::Create(ctx, sizes, dtype, /*with_cell=*/true));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(scratch.total * sizeof(T)));
    outputs.Clear(sizes);
    for (size_t direction = 0; direction < sizes.directions; ++direction) {
      ONEDGE_RETURN_IF_ERROR(RunDirection<T>(*this, ctx, sizes, scratch, inputs, lengths, direction,
                                             reinterpret_cast<T*>(workspace), outputs));
    }
    return outputs.Store();
  });
}

template <>
Result<OpPtr> Parse<LSTM>(AttributeReader& attrs) {
  auto op = std::make_unique<LSTM>();
  constexpr std::string_view kDefaults[] = {"Sigmoid", "Tanh", "Tanh"};
  op->attributes = RecurrentAttributes::Parse(attrs, 4, kDefaults);
  op->couples_forget = attrs.Int("input_forget", 0) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
