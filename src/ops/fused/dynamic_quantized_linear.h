// onedge.DynamicQuantizedLinear 1: DynamicQuantizeLinear, MatMulInteger, Cast, Mul by both scales and Add of a bias in
// one operator, with the same bits as the chain; then an activation.
#pragma once

#include "ops/math/activation.h"

namespace onedge::ops {

struct DynamicQuantizedLinear final : Typed<DynamicQuantizedLinear> {
  Activation activation = Activation::kNone;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: float32 [..., K], weight: int8 [K, N], weight_scale: float32 [] or [N], bias: float32 [N] (optional) -> y: [...,
  // N]
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override;
  bool quantizes() const override { return true; }
};

}  // namespace onedge::ops
