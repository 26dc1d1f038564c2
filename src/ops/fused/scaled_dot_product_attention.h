// onedge.ScaledDotProductAttention 1: softmax(q k^T * scale + mask) v.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct ScaledDotProductAttention final : Typed<ScaledDotProductAttention> {
  float scale = 1.0f;

  Status InferShapes(ShapeContext& ctx) const override;
  // q: [B, H, S, D], k: [B, H, T, D], v: [B, H, T, Dv], mask: broadcasts to [B, H, S, T], added (optional) -> y: [B, H,
  // S, Dv]
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override;
};

}  // namespace onedge::ops
