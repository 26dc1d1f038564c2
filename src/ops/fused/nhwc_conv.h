// onedge.NhwcConv 1: Conv with channels last, plus an activation. Made by the optimizer (prefer-nhwc).
#pragma once

#include "ops/math/activation.h"
#include "ops/nn/conv_kernel.h"

namespace onedge::ops {

// [N, C, spatial...] from [N, spatial..., C]; d: Dims or Shape of rank 3 or more.
template <typename D>
D ChannelsFirst(const D& d) {
  D out = {d.front(), d.back()};
  for (size_t i = 1; i + 1 < d.size(); ++i) out.push_back(d[i]);
  return out;
}
// [N, spatial..., C] from [N, C, spatial...].
template <typename D>
D ChannelsLast(const D& d) {
  D out = {d.front()};
  for (size_t i = 2; i < d.size(); ++i) out.push_back(d[i]);
  out.push_back(d[1]);
  return out;
}

struct NhwcConv final : Typed<NhwcConv> {
  WindowAttributes window;
  int64_t groups = 1;
  Activation activation;

  // The sizes in the order of Conv; plan.out is [N, M, spatial...].
  Result<ConvPlan> Plan(const Shape& x, const Shape& w) const;
  Status InferShapes(ShapeContext& ctx) const override;
  // x: [N, spatial..., C], w: [M, C / group, kernel...], bias: [M] (optional) -> y: [N, spatial..., M]
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
