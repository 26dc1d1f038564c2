// Einsum (ai.onnx 12): sums of products in Einstein's notation.
#pragma once

#include "ops/math/einsum_equation.h"
#include "ops/op.h"

namespace onedge::ops {

struct Einsum final : Typed<Einsum> {
  Equation equation;

  Status InferShapes(ShapeContext& ctx) const override;
  // Inputs: one number dtype, ranks after the equation -> output: the same dtype
  Status Run(OpContext& ctx) const override;

  // The labels of the dimensions of input `i`; fails if the equation gives it another rank.
  Result<Labels> LabelsOf(size_t i, size_t rank) const;
  // The number of dimensions that the ellipsis of input `i` covers. REQUIRES: LabelsOf succeeded.
  size_t EllipsisOf(size_t i, size_t rank) const;
};

}  // namespace onedge::ops
