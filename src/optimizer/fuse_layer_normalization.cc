// fuse-layer-normalization: (x - mean) / sqrt(var + eps) * scale [+ bias] over the last axis becomes
// LayerNormalization.
// PyTorch exports it so below opset 17.
#include "ops/math/reduce.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

bool IsMeanOverLastAxis(const Rewriter& rewriter, const graph::Node& node) {
  const auto* reduce = ops::As<ops::Reduction>(node);
  if (!reduce || !reduce->keepdims) return false;
  const graph::TypeInfo& x = rewriter.type(node.inputs[0]);
  const Tensor* given = node.inputs.size() > 1 ? rewriter.constant(node.inputs[1]) : nullptr;
  std::span<const int64_t> axes = reduce->axes;
  if (given && given->dtype() == DType::kInt64) axes = given->values<int64_t>();
  if (axes.size() != 1) return false;
  return axes[0] == -1 || (x.is_tensor() && x.dims && axes[0] == static_cast<int64_t>(x.dims->size()) - 1);
}

Pattern LastMean(Pattern x) {
  return Op("ReduceMean", {std::move(x)}).Where(IsMeanOverLastAxis, "a mean over the last axis, which stays");
}

}  // namespace

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
      const auto attribute = static_cast<float>(value);
      if (rewriter.type((*match)[x]).dtype == DType::kFloat64 && attribute != value) {
        rewriter.Miss(i, StrCat("epsilon ", value, " is not exact as an attribute, which is float32"));
        continue;
      }
      std::vector<graph::ValueId> inputs = {(*match)[x], (*match)[scale]};
      if ((*match)[bias] != graph::kNoValue) inputs.push_back((*match)[bias]);
      ONEDGE_RETURN_IF_ERROR(rewriter
                                 .Replace(i, {"LayerNormalization",
                                              std::move(inputs),
                                              {{"axis", int64_t{-1}}, {"epsilon", attribute}},
                                              "",
                                              kFirstOpset})
                                 .status());
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
