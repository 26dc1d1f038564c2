// BatchNormalization (ai.onnx 1, 6, 7, 9, 14, 15): normalizes each channel.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct BatchNormalization final : Typed<BatchNormalization> {
  float epsilon = 1e-5f;
  float momentum = 0.9f;
  bool spatial = true;  // false (before opset 9): statistics for each element of [C, ...]
  bool training = false;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: [N, C, ...], scale, bias, mean, variance: [C] -> y: as x, running mean and variance: [C] (training)
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
