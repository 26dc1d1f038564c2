// fuse-rms-normalization: x / sqrt(mean(x^2) + epsilon) * scale over the last axis, as Llama and its like spell it,
// becomes RMSNormalization. Moves roundings.
#include "optimizer/conditions.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {

Result<bool> FuseRMSNormalization(graph::Graph& graph, const PassContext& ctx) {
  constexpr int64_t kFirstOpset = 23;  // of RMSNormalization
  constexpr int kLikely = 4;           // products are everywhere
  const auto x = Any("x");
  const auto scale = Constant("scale");
  const auto epsilon = Scalar("epsilon");
  const auto square = OneOf({Op("Pow", {x, 2.0}), x * x});
  const auto deviation = Op("Sqrt", {LastMean(square) + epsilon});
  const auto normal = OneOf({x / deviation, x * (1.0 / deviation), x * Op("Reciprocal", {deviation})});
  const auto scaled = normal * scale;

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const auto match = rewriter.Find(scaled, i, kLikely);
    if (!match) continue;
    const double value = *rewriter.Scalar((*match)[epsilon]);
    if (!FitsAttribute(value, rewriter.type((*match)[x]).dtype)) {
      rewriter.Miss(i, StrCat("epsilon ", value, " is not exact as an attribute, which is float32"));
      continue;
    }
    ONEDGE_RETURN_IF_ERROR(rewriter
                               .Replace(i, {"RMSNormalization",
                                            {(*match)[x], (*match)[scale]},
                                            {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(value)}},
                                            "",
                                            kFirstOpset})
                               .status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
