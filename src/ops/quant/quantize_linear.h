// DequantizeLinear (ai.onnx 10, 13, 19, 21, 23, 24, 25): (x - zero point) * scale.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct DequantizeLinear final : Typed<DequantizeLinear> {
  int64_t axis = 1;
  int64_t block_size = 0;            // 0: one scale for the tensor, or for each slice along `axis`
  DType output = DType::kUndefined;  // kUndefined: the dtype of the scale

  Status InferShapes(ShapeContext& ctx) const override;
  // x: a narrow type or int32, x_scale: [], [slices] or blocks, x_zero_point: as x_scale (optional) -> y: as x
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
