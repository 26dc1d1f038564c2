// Cast (ai.onnx 1 to 25) and CastLike (15 to 25): from every dtype to every other, except complex.
#pragma once

#include "ops/math/convert.h"
#include "ops/op.h"

namespace onedge::ops {

struct Cast final : Typed<Cast> {
  DType to = DType::kUndefined;
  bool like = false;
  ConvertOptions options;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: any -> y: as x, of dtype `to`
  Status Run(OpContext& ctx) const override;
};

}  // namespace onedge::ops
