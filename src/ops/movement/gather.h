// Gather (ai.onnx 1): picks entries along one dimension by index.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct Gather final : Typed<Gather> {
  int64_t axis = 0;

  Status InferShapes(ShapeContext& ctx) const override;
  // data: any [outer, n, inner], indices: int [...] -> any [outer, ..., inner]
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
