// onedge.NhwcConv 1: Conv with channels last, plus an activation. Made by the optimizer (prefer-nhwc).
#pragma once

#include "ops/math/activation.h"
#include "ops/nn/channels_last.h"
#include "ops/nn/conv_kernel.h"

namespace onedge::ops {

struct NhwcConv final : Typed<NhwcConv> {
  WindowAttributes window;
  int64_t groups = 1;
  Activation activation;

  // The sizes in the order of Conv; plan.out is [N, M, spatial...].
  Result<ConvPlan> Plan(const Shape& x, const Shape& w) const;
  Status InferShapes(ShapeContext& ctx) const override;
  // x: [N, spatial..., C], w: [M, C / group, kernel...], bias: [M] (optional) -> y: [N, spatial..., M]
  // w and bias may be narrower than x: they are widened.
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
