// Conv (ai.onnx 1, 11, 22): convolution over 1, 2 or 3 spatial dimensions. onedge.Conv 1: the same with an activation.
#pragma once

#include "ops/math/activation.h"
#include "ops/nn/window.h"

namespace onedge::ops {

struct Conv final : Typed<Conv> {
  WindowAttributes window;
  int64_t groups = 1;
  Activation activation;  // of onedge.Conv, which the optimizer makes

  Status InferShapes(ShapeContext& ctx) const override;
  // x: [N, C, spatial...], w: [M, C / group, kernel...], bias: [M] (optional) -> y: [N, M, spatial...]
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
