// fuse-layer-normalization: (x - mean) / sqrt(var + eps) * scale [+ bias] over the last axis becomes
// LayerNormalization. PyTorch exports it so below opset 17. This moves roundings.
#include "optimizer/conditions.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {

Result<bool> FuseLayerNormalization(graph::Graph& graph, const PassContext& ctx) {
  constexpr int64_t kFirstOpset = 17;  // of LayerNormalization
  constexpr int kLikely = 3;
  const auto x = Any("x");
  const auto scale = Constant("scale");
  const auto bias = Constant("bias");
  const auto epsilon = Scalar("epsilon");
  const auto difference = x - LastMean(x);
  const auto square = OneOf({Op("Pow", {difference, 2.0}), difference * difference});
  const auto deviation = Op("Sqrt", {LastMean(square) + epsilon});
  const auto scaled = difference / deviation * scale;

  Rewriter rewriter(graph, ctx);
  for (const Pattern& pattern : {scaled + bias, scaled}) {
    for (size_t i = 0; i < rewriter.node_count(); ++i) {
      const auto match = rewriter.Find(pattern, i, kLikely);
      if (!match) continue;
      const double value = *rewriter.Scalar((*match)[epsilon]);
      if (!FitsAttribute(value, rewriter.type((*match)[x]).dtype)) {
        rewriter.Miss(i, StrCat("epsilon ", value, " is not exact as an attribute, which is float32"));
        continue;
      }
      std::vector<graph::ValueId> inputs = {(*match)[x], (*match)[scale]};
      if ((*match)[bias] != graph::kNoValue) inputs.push_back((*match)[bias]);
      ONEDGE_RETURN_IF_ERROR(rewriter
                                 .Replace(i, {"LayerNormalization",
                                              std::move(inputs),
                                              {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(value)}},
                                              "",
                                              kFirstOpset})
                                 .status());
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
