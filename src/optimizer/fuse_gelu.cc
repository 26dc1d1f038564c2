// fuse-gelu: GELU in its exported spellings, x * 0.5 * (1 + erf(x / sqrt 2)) and its tanh approximation, with the
// factors in any order, becomes Gelu. This moves roundings.
#include <cmath>
#include <numbers>

#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

// x * 0.5 * factor, in any order.
Pattern HalfProduct(const Pattern& x, const Pattern& factor) {
  return OneOf({x * factor * 0.5, x * 0.5 * factor, x * (factor * 0.5)});
}

}  // namespace

Result<bool> FuseGelu(graph::Graph& graph, const PassContext& ctx) {
  constexpr int64_t kFirstOpset = 20;  // of Gelu
  constexpr int kLikely = 3;           // products are frequent
  const auto x = Any("x");
  const auto erf = Op("Erf", {OneOf({x / std::numbers::sqrt2, x * (1 / std::numbers::sqrt2)})});
  const auto cube = OneOf({Op("Pow", {x, 3.0}), x * (x * x)});
  const auto tanh = Op("Tanh", {(x + cube * 0.044715) * std::sqrt(2 / std::numbers::pi)});
  const Pattern exact = HalfProduct(x, erf + 1.0);
  const Pattern approximate = HalfProduct(x, tanh + 1.0);

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    for (const Pattern& pattern : {exact, approximate}) {
      const auto match = rewriter.Find(pattern, i, kLikely);
      if (!match) continue;
      const std::string kind = pattern.get() == exact.get() ? "none" : "tanh";
      ONEDGE_RETURN_IF_ERROR(
          rewriter.Replace(i, {"Gelu", {(*match)[x]}, {{"approximate", kind}}, "", kFirstOpset}).status());
      break;
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
