// MaxPool, AveragePool and GlobalAveragePool of ai.onnx; onedge.NhwcMaxPool, NhwcAveragePool and NhwcGlobalAveragePool
// 1 are the same with channels last, which the optimizer makes (prefer-nhwc).
#pragma once

#include "ops/nn/window.h"

namespace onedge::ops {

struct MaxPool final : Typed<MaxPool> {
  WindowAttributes window;
  bool column_major = false;
  bool channels_last = false;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: [N, C, spatial...] -> y: [N, C, spatial...], indices: int64, as y (optional)
  Status Run(OpContext& ctx) const override;
};

struct AveragePool final : Typed<AveragePool> {
  WindowAttributes window;
  bool count_include_pad = false;
  bool channels_last = false;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: [N, C, spatial...] -> y: [N, C, spatial...]
  Status Run(OpContext& ctx) const override;
};

struct GlobalAveragePool final : Typed<GlobalAveragePool> {
  bool channels_last = false;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: [N, C, spatial...] -> y: [N, C, 1...]
  Status Run(OpContext& ctx) const override;
};

// The output dims for x [N, C, spatial...] or, with channels last, [N, spatial..., C].
Result<Dims> PooledDims(const WindowAttributes& window, bool channels_last, const Dims& x);

// A pooling of known shape, of `planes` planes; `inner` of them are interleaved.
struct PoolPlan {
  Shape out;
  Window3 window;
  size_t planes;
  size_t inner;  // 1, or with channels last the channels
};
Result<PoolPlan> PlanPool(const WindowAttributes& window, bool channels_last, const Shape& x);

// The number of positions of window `o` along an axis that count as terms of an average. `with_padding`: positions in
// the padding count, but not those beyond it (ceil_mode).
int64_t CountedPositions(const WindowAxis& axis, int64_t o, bool with_padding);

}  // namespace onedge::ops
