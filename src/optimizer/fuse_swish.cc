// fuse-swish: x * sigmoid(x) becomes Swish; all forms of x * hardsigmoid(x) become HardSwish, which moves roundings.
// Swish keeps the bits of float32 and float64; it rounds 16-bit results once.
#include <cmath>

#include "ops/math/activation.h"
#include "ops/math/clip.h"
#include "optimizer/conditions.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

bool IsSixthPlusHalf(const Rewriter&, const graph::Node& node) {
  const ops::Activation& activation = ops::As<ops::Unary>(node)->activation;
  return std::abs(activation.alpha - 1 / 6.0f) < 1e-5f && activation.beta == 0.5f;
}

bool IsZeroToSix(const Rewriter& rewriter, const graph::Node& node) {
  const auto& clip = *ops::As<ops::Clip>(node);
  if (node.inputs.size() < 3) return node.inputs.size() == 1 && clip.low == 0 && clip.high == 6;
  return rewriter.Scalar(node.inputs[1]) == 0.0 && rewriter.IsScalar(node.inputs[2], 6);
}

}  // namespace

Result<bool> FuseSwish(graph::Graph& graph, const PassContext& ctx) {
  const auto x = Any("x");
  const auto swish = x * Op("Sigmoid", {x});
  const auto six = Op("Clip", {x + 3.0}).Where(IsZeroToSix, "bounds of 0 and 6");
  const auto sixth = Op("HardSigmoid", {x}).Where(IsSixthPlusHalf, "x / 6 + 1 / 2");
  const auto hard_swish =
      OneOf({x * sixth, x * (six / 6.0), x * six / 6.0, x * (six * (1 / 6.0)), x * six * (1 / 6.0)});
  constexpr int64_t kSwishOpset = 24, kHardSwishOpset = 14;

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    if (const auto match = rewriter.Find(swish, i)) {
      if (IsRoundingToKeep(rewriter, ctx, (*match)[x])) {
        rewriter.Miss(i, std::string(kRoundingToKeep));
        continue;
      }
      ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, {"Swish", {(*match)[x]}, {}, "", kSwishOpset}).status());
    } else if (!ctx.exact) {  // HardSwish divides by 6 and these forms multiply, or the reverse
      const auto hard = rewriter.Find(hard_swish, i, 3);
      if (hard)
        ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, {"HardSwish", {(*hard)[x]}, {}, "", kHardSwishOpset}).status());
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
