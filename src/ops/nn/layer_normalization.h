// LayerNormalization (ai.onnx 17): normalizes rows from `axis` on, then scales and shifts them.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct LayerNormalization final : Typed<LayerNormalization> {
  int64_t axis = -1;
  float epsilon = 1e-5f;
  DType stash = DType::kFloat32;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: [..., normalized...], scale and bias: broadcast to x, or [normalized...]
  // -> y: like x, mean and inverse deviation: [..., 1...]
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
