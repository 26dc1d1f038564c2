// Transpose (ai.onnx 1): permutes the dimensions.
#pragma once

#include "ops/movement/indices.h"

namespace onedge::ops {

struct Transpose final : Typed<Transpose> {
  std::optional<InlineVector<int64_t, 8>> perm;

  Result<Axes> Permutation(size_t rank) const;
  Status InferShapes(ShapeContext& ctx) const override;
  // x: any [d0, ...] -> any [d perm[0], ...]
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
