// fuse-skip-layer-normalization: LayerNormalization of x + skip becomes SkipLayerNormalization. float32 and float64
// keep their bits; 16-bit sums are normalized before they are rounded. The sum stays an output if other nodes read it.
#include "ops/nn/layer_normalization.h"
#include "optimizer/conditions.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {

using graph::kNoValue;

Result<bool> FuseSkipLayerNormalization(graph::Graph& graph, const PassContext& ctx) {
  const auto x = Any("x"), skip = Any("skip");
  const auto scale = Constant("scale");
  const auto sum = (x + skip).Shared();
  const auto norm = Op("LayerNormalization", {sum, scale})
                        .Where(NormalizesLastAxisAlone, "one output, normalized over the last axis");

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const auto match = rewriter.Find(norm, i);
    if (!match) continue;
    const graph::Node& node = rewriter.node(i);
    const graph::ValueId bias = node.inputs.size() > 2 ? node.inputs[2] : kNoValue;
    if (rewriter.constant((*match)[scale])->rank() != 1 ||
        (bias != kNoValue && (!rewriter.constant(bias) || rewriter.constant(bias)->rank() != 1))) {
      rewriter.Miss(i, "expected vectors as scale and bias");
      continue;
    }
    if (!rewriter.SameType((*match)[x], (*match)[skip])) {
      rewriter.Miss(i, "expected summands of the same shape");
      continue;
    }
    const graph::ValueId total = (*match)[sum];
    if (IsRoundingToKeep(rewriter, ctx, total)) {
      rewriter.Miss(i, std::string(kRoundingToKeep));
      continue;
    }
    if (rewriter.is_output(total)) {
      rewriter.Miss(i, "the sum is an output of the graph, which Add may write in place");
      continue;
    }
    std::vector<graph::ValueId> outputs = {node.outputs[0]};
    if (rewriter.readers(total).size() > 1) outputs.insert(outputs.end(), {kNoValue, kNoValue, total});
    std::vector<graph::ValueId> inputs = {(*match)[x], (*match)[skip], (*match)[scale]};
    if (bias != kNoValue) inputs.push_back(bias);
    const float epsilon = ops::As<ops::LayerNormalization>(node)->epsilon;
    ONEDGE_RETURN_IF_ERROR(
        rewriter
            .Replace(outputs, {"SkipLayerNormalization", std::move(inputs), {{"epsilon", epsilon}}, "com.microsoft"})
            .status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
