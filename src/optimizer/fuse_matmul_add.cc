// fuse-matmul-add: MatMul by a constant matrix, plus a constant vector, becomes onedge.Linear: the same bits for
// float32 and float64; 16-bit results are rounded once.
#include "optimizer/conditions.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {

Result<bool> FuseMatMulAdd(graph::Graph& graph, const PassContext& ctx) {
  const auto x = Any("x");
  const auto weight = Constant("weight"), bias = Constant("bias");
  const auto product = Op("MatMul", {x, weight});
  const auto linear = product + bias;

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const auto match = rewriter.Find(linear, i);
    if (!match) continue;
    const Tensor& weights = *rewriter.constant((*match)[weight]);
    const Tensor& biases = *rewriter.constant((*match)[bias]);
    if (weights.rank() != 2 || !IsFloatingPoint(weights.dtype())) {
      rewriter.Miss(i, StrCat("expected a matrix of floats as weight, got ", weights));
      continue;
    }
    if (biases.rank() != 1 || biases.dim(0) != weights.dim(1)) {
      rewriter.Miss(i, StrCat("expected a bias of [", weights.dim(1), "], got shape ", biases.shape()));
      continue;
    }
    if (IsRoundingToKeep(rewriter, ctx, (*match)[product])) {
      rewriter.Miss(i, std::string(kRoundingToKeep));
      continue;
    }
    ONEDGE_RETURN_IF_ERROR(rewriter
                               .Replace(i, {.op_type = "Linear",
                                            .inputs = {(*match)[x], (*match)[weight], (*match)[bias]},
                                            .domain = "onedge",
                                            .shape_of = (*match)[product]})
                               .status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
