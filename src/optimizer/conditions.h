// Conditions on nodes and values that several fusions share. The tests are for Pattern::Where.
#pragma once

#include "optimizer/pattern.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {

// A LayerNormalization over the last axis that makes no statistics.
bool NormalizesLastAxisAlone(const Rewriter& rewriter, const graph::Node& node);

// The mean of `x` over its last axis, which stays as 1.
Pattern LastMean(Pattern x);

// True if an attribute, which is float32, holds `value` for operands of `dtype`. Only float64 needs the exact value:
// the other dtypes are computed in float32.
bool FitsAttribute(double value, DType dtype);

// True if `id` is rounded to 16 bits in a model that must keep its roundings. A fused operator would keep it in
// float32.
bool IsRoundingToKeep(const Rewriter& rewriter, const PassContext& ctx, graph::ValueId id);
inline constexpr std::string_view kRoundingToKeep =
    "the model quantizes at run time, and the fused operator would round to 16 bits less often";

}  // namespace onedge::optimizer
