// LSTM (ai.onnx 1, 7, 14, 22): one layer, one or both directions, with peepholes.
#include "ops/nn/recurrent.h"

namespace onedge::ops {

struct LSTM final : Op {
  RecurrentAttributes attributes;
  bool couples_forget = false;  // input_forget: forget gate = 1 - input gate

  Status InferShapes(ShapeContext& ctx) const override { return attributes.Infer(ctx); }

  // X: [steps, batch, input], W: [D, 4H, input], R: [D, 4H, H] (gates i, o, f, c), B: [D, 8H], sequence_lens: [batch],
  // initial_h, initial_c: [D, batch, H], P: [D, 3H] (i, o, f) -> Y: [steps, D, batch, H], Y_h, Y_c: [D, batch, H]
  Status Run(OpContext& ctx) const override {
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
        ONEDGE_RETURN_IF_ERROR(
            RunDirection<T>(ctx, sizes, scratch, inputs, lengths, direction, reinterpret_cast<T*>(workspace), outputs));
      }
      return outputs.Store();
    });
  }

  size_t WorkspaceBytes(const ShapeContext& ctx) const override { return RecurrentWorkspaceBytes(ctx, attributes); }

 private:
  template <typename T>
  Status RunDirection(OpContext& ctx, const RecurrentSizes& sizes, const RecurrentScratch& scratch,
                      const RecurrentInputs<T>& inputs, const std::vector<size_t>& lengths, size_t direction,
                      T* workspace, RecurrentOutputs<T>& outputs) const {
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
    const bool backward = attributes.reverse || direction == 1;
    for (size_t step = 0; step < sizes.steps; ++step) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
      MultiplyState(sizes, h, scratch, workspace, 0, gate_size, ctx.threads());
      for (size_t b = 0; b < sizes.batch; ++b) {
        if (step >= lengths[b]) continue;
        const size_t time = backward ? lengths[b] - 1 - step : step;
        T* gates = workspace + scratch.products + sizes.RowOf(time, b) * gate_size;
        const T* recurrent = workspace + scratch.recurrent + b * gate_size;
        for (size_t i = 0; i < gate_size; ++i) gates[i] = gates[i] + recurrent[i] + bias[i];
        Step(direction, n, gates, peepholes, c + b * n, h + b * n);
        outputs.StoreStep(sizes, time, direction, b, h + b * n);
      }
    }
    outputs.StoreState(sizes, direction, h, c);
    return OkStatus();
  }

  // gates: the sums of i, o, f, c; overwritten. Updates c and h.
  template <typename T>
  void Step(size_t direction, size_t n, T* gates, const T* peepholes, T* c, T* h) const {
    T* input = gates;
    T* output = gates + n;
    T* forget = gates + 2 * n;
    T* candidate = gates + 3 * n;
    if (peepholes) {
      for (size_t i = 0; i < n; ++i) input[i] = input[i] + peepholes[i] * c[i];
      for (size_t i = 0; i < n; ++i) forget[i] = forget[i] + peepholes[2 * n + i] * c[i];
    }
    const GateActivation& f = attributes.activation(direction, 0);
    f.Apply(input, n, attributes.clip);
    if (couples_forget) {
      for (size_t i = 0; i < n; ++i) forget[i] = T{1} - input[i];
    } else {
      f.Apply(forget, n, attributes.clip);
    }
    attributes.activation(direction, 1).Apply(candidate, n, attributes.clip);
    for (size_t i = 0; i < n; ++i) c[i] = forget[i] * c[i] + input[i] * candidate[i];
    if (peepholes) {
      for (size_t i = 0; i < n; ++i) output[i] = output[i] + peepholes[n + i] * c[i];
    }
    f.Apply(output, n, attributes.clip);
    for (size_t i = 0; i < n; ++i) h[i] = c[i];
    attributes.activation(direction, 2).Apply(h, n, attributes.clip);
    for (size_t i = 0; i < n; ++i) h[i] = output[i] * h[i];
  }
};

template <>
Result<OpPtr> Parse<LSTM>(AttributeReader& attrs) {
  auto op = std::make_unique<LSTM>();
  constexpr std::string_view kDefaults[] = {"Sigmoid", "Tanh", "Tanh"};
  op->attributes = RecurrentAttributes::Parse(attrs, 4, kDefaults);
  op->couples_forget = attrs.Int("input_forget", 0) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
