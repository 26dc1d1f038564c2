// Conditions on nodes and values that several fusions share. The tests are for Pattern::Where.
#pragma once

#include "optimizer/pattern.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {

// A LayerNormalization over the last axis that makes no statistics.
bool NormalizesLastAxisAlone(const Rewriter& rewriter, const graph::Node& node);

// The mean of `x` over its last axis, which stays as 1.
Pattern LastMean(Pattern x);

// True when an attribute, which is float32, is as good as `value` for operands of `dtype`: other dtypes than float64
// are computed in float32.
bool FitsAttribute(double value, DType dtype);

// True when `id`, which a fused operator would keep in float32, is rounded to 16 bits in a model that must keep its
// roundings.
bool IsRoundingToKeep(const Rewriter& rewriter, const PassContext& ctx, graph::ValueId id);
inline constexpr std::string_view kRoundingToKeep =
    "the model quantizes as it runs, and the fused operator would round to 16 bits less often";

}  // namespace onedge::optimizer
