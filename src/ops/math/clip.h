// Clip (ai.onnx 1, 6, 11, 12, 13): min(max(x, low), high).
#pragma once

#include <limits>

#include "ops/op.h"

namespace onedge::ops {

struct Clip final : Typed<Clip> {
  // Before opset 11; afterwards they are inputs.
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();

  Status InferShapes(ShapeContext& ctx) const override;
  // x: any numbers; min, max: one element (optional) -> y: as x
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
