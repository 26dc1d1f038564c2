// onedge.Linear 1: the product with a weight matrix, plus a bias, then an activation.
#pragma once

#include "ops/math/activation.h"

namespace onedge::ops {

struct Linear final : Typed<Linear> {
  bool trans_b = false;
  Activation activation = Activation::kNone;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: [..., K], weight: [K, N] or with trans_b [N, K], bias: [N] (optional) -> y: [..., N]
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override;
};

}  // namespace onedge::ops
