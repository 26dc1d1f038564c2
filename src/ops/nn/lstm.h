// LSTM (ai.onnx 1, 7, 14, 22): one layer, one or both directions, with peepholes.
#pragma once

#include "ops/nn/recurrent.h"

namespace onedge::ops {

struct LSTM final : Typed<LSTM> {
  RecurrentAttributes attributes;
  bool couples_forget = false;  // input_forget: forget gate = 1 - input gate

  Status InferShapes(ShapeContext& ctx) const override { return attributes.Infer(ctx); }
  // X: [steps, batch, input], W: [D, 4H, input], R: [D, 4H, H] (gates i, o, f, c), B: [D, 8H], sequence_lens: [batch],
  // initial_h, initial_c: [D, batch, H], P: [D, 3H] (i, o, f) -> Y: [steps, D, batch, H], Y_h, Y_c: [D, batch, H]
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override { return RecurrentWorkspaceBytes(ctx, attributes); }

  // One step of one batch entry. gates: the sums of i, o, f, c; overwritten. Updates c and h. `apply(activation, x,
  // count)` clips and activates.
  template <typename T, typename Apply>
  void Advance(size_t direction, size_t n, T* gates, const T* peepholes, T* c, T* h, const Apply& apply) const {
    T* input = gates;
    T* output = gates + n;
    T* forget = gates + 2 * n;
    T* candidate = gates + 3 * n;
    if (peepholes) {
      for (size_t i = 0; i < n; ++i) input[i] = input[i] + peepholes[i] * c[i];
      for (size_t i = 0; i < n; ++i) forget[i] = forget[i] + peepholes[2 * n + i] * c[i];
    }
    const GateActivation& f = attributes.activation(direction, 0);
    apply(f, input, n);
    if (couples_forget) {
      for (size_t i = 0; i < n; ++i) forget[i] = T{1} - input[i];
    } else {
      apply(f, forget, n);
    }
    apply(attributes.activation(direction, 1), candidate, n);
    for (size_t i = 0; i < n; ++i) c[i] = forget[i] * c[i] + input[i] * candidate[i];
    if (peepholes) {
      for (size_t i = 0; i < n; ++i) output[i] = output[i] + peepholes[n + i] * c[i];
    }
    apply(f, output, n);
    for (size_t i = 0; i < n; ++i) h[i] = c[i];
    apply(attributes.activation(direction, 2), h, n);
    for (size_t i = 0; i < n; ++i) h[i] = output[i] * h[i];
  }
};

}  // namespace onedge::ops
