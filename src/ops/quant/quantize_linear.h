// QuantizeLinear (ai.onnx 10, 13, 19, 21, 23, 24, 25): saturate(round(x / scale) + zero point). DequantizeLinear (the
// same opsets): (x - zero point) * scale.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct QuantizeLinear final : Typed<QuantizeLinear> {
  int64_t axis = 1;
  int64_t block_size = 0;  // as that of DequantizeLinear
  bool saturate = true;
  DType output = DType::kUndefined;     // the dtype of the zero point, otherwise uint8
  DType precision = DType::kUndefined;  // the dtype of the scale

  bool quantizes() const override { return true; }
  Status InferShapes(ShapeContext& ctx) const override;
  // x: floats or int32, y_scale: [], [slices] or blocks, y_zero_point: as y_scale (optional) -> y: as x
  Status Run(OpContext& ctx) const override;
};

struct DequantizeLinear final : Typed<DequantizeLinear> {
  int64_t axis = 1;
  int64_t block_size = 0;            // 0: one scale for the tensor, or for each slice along `axis`
  DType output = DType::kUndefined;  // kUndefined: the dtype of the scale

  Status InferShapes(ShapeContext& ctx) const override;
  // x: a narrow type or int32, x_scale: [], [slices] or blocks, x_zero_point: as x_scale (optional) -> y: as x
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
