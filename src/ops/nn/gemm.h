// Gemm (ai.onnx 1, 6, 7, 9, 11, 13): alpha * A' * B' + beta * C.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct Gemm final : Typed<Gemm> {
  bool trans_a = false;
  bool trans_b = false;
  float alpha = 1.0f;
  float beta = 1.0f;

  Status InferShapes(ShapeContext& ctx) const override;
  // a: [M, K] or [K, M], b: [K, N] or [N, K], c: broadcasts to [M, N] (optional) -> [M, N]
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override;
};

}  // namespace onedge::ops
