// MatMulInteger (ai.onnx 10): the exact int32 product of 8-bit matrices minus their zero points.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct MatMulInteger final : Typed<MatMulInteger> {
  Status InferShapes(ShapeContext& ctx) const override;
  // a: int8 or uint8 [..., M, K], b: int8 or uint8 [..., K, N], zero points of either (optional) -> y: int32 [..., M,
  // N]
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override;
};

}  // namespace onedge::ops
