// fuse-attention: softmax(q k^T * scale [+ mask]) v over [batch, heads, sequence, dim], as PyTorch exports it, becomes
// onedge.ScaledDotProductAttention, which never holds all the scores at once. This
// moves roundings.
#include "ops/math/softmax.h"
#include "ops/movement/transpose.h"
#include "optimizer/conditions.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

// For rank four: whether it normalizes along one axis or, before opset 13, over all dimensions from one on.
bool IsSoftmaxOverLastAxis(const Rewriter&, const graph::Node& node) {
  const int64_t axis = ops::As<ops::SoftmaxAttributes>(node)->axis;
  return axis == -1 || axis == 3;
}

bool TransposesFourAxes(const Rewriter&, const graph::Node& node) {
  const auto* transpose = ops::As<ops::Transpose>(node);
  return transpose && transpose->perm && transpose->perm->size() == 4;
}

}  // namespace

Result<bool> FuseAttention(graph::Graph& graph, const PassContext& ctx) {
  const auto q = Any("q"), k = Any("k"), v = Any("v"), mask = Any("mask");
  const auto factor = Scalar("scale"), divisor = Scalar("divisor"), key_factor = Scalar("scale of k");
  const auto transposed = Op("Transpose", {k}).Where(TransposesFourAxes, "a Transpose of four axes").Shared();
  const auto products = Op("MatMul", {q, OneOf({transposed, transposed * key_factor})});
  const auto scores = OneOf({products * factor, products / divisor, products});
  const auto softmax =
      Op("Softmax", {OneOf({scores + mask, scores})}).Where(IsSoftmaxOverLastAxis, "Softmax over the last axis");
  const auto attention = Op("MatMul", {softmax, v});

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) {
    const auto match = rewriter.Find(attention, i);
    if (!match) continue;
    double scale = 1;
    for (const Pattern& place : {factor, key_factor}) scale *= rewriter.Scalar((*match)[place]).value_or(1);
    scale /= rewriter.Scalar((*match)[divisor]).value_or(1);
    if (!FitsAttribute(scale, rewriter.type((*match)[q]).dtype)) {
      rewriter.Miss(i, StrCat("scale ", scale, " is not exact as an attribute, which is float32"));
      continue;
    }
    // The keys [.., sequence, dim], through a new Transpose.
    const graph::Node& old = *rewriter.Maker((*match)[transposed]);
    const auto& axes = *ops::As<ops::Transpose>(old)->perm;
    std::vector<int64_t> perm = {axes[0], axes[1], axes[3], axes[2]};
    ONEDGE_ASSIGN_OR_RETURN(const graph::ValueId keys,
                            rewriter.Add({"Transpose", {(*match)[k]}, {{"perm", std::move(perm)}}, "", old.opset}));
    std::vector<graph::ValueId> inputs = {(*match)[q], keys, (*match)[v]};
    if ((*match)[mask] != graph::kNoValue) inputs.push_back((*match)[mask]);
    ONEDGE_RETURN_IF_ERROR(
        rewriter
            .Replace(i,
                     {"ScaledDotProductAttention", std::move(inputs), {{"scale", static_cast<float>(scale)}}, "onedge"})
            .status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
