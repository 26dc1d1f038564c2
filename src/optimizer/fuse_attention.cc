// fuse-attention: softmax(q k^T * scale [+ mask]) v over [batch, heads, sequence, dim], as PyTorch exports it, becomes
// onedge.ScaledDotProductAttention, which never holds all the scores at once.
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

bool IsRank4Float(const graph::TypeInfo& type) {
  return type.is_tensor() && type.dtype == DType::kFloat32 && type.dims && type.dims->size() == 4;
}

bool IsSoftmaxOverLastAxis(const Node& node) {
  const graph::Attribute* attribute = node.FindAttribute("axis");
  const int64_t* axis = attribute ? std::get_if<int64_t>(&attribute->value) : nullptr;
  if (!attribute) return node.opset >= 13;  // the default was 1 before
  return axis && (*axis == -1 || *axis == 3);
}

struct Match {
  ValueId q, k_transposed, v;
  ValueId mask = kNoValue;
  double scale = 1;
};

// `last` is the MatMul of the probabilities and the values.
std::optional<Match> MatchFrom(const Rewriter& rewriter, const Node& last) {
  const Node* softmax = rewriter.Producer(last.inputs[0], "Softmax");
  if (!softmax || !IsSoftmaxOverLastAxis(*softmax) || !rewriter.OnlyReader(last.inputs[0])) return std::nullopt;
  Match match;
  match.v = last.inputs[1];
  ValueId scores = softmax->inputs[0];
  if (!rewriter.OnlyReader(scores)) return std::nullopt;
  const auto is_scores = [&](ValueId id) {
    return rewriter.Producer(id, "MatMul") || rewriter.Producer(id, "Div") || rewriter.Producer(id, "Mul");
  };
  if (const Node* add = rewriter.Producer(scores, "Add")) {
    const bool first = IsRank4Float(rewriter.type(add->inputs[0])) && is_scores(add->inputs[0]);
    scores = add->inputs[first ? 0 : 1];
    match.mask = add->inputs[first ? 1 : 0];
    if (!rewriter.OnlyReader(scores)) return std::nullopt;
  }
  if (const Node* div = rewriter.Producer(scores, "Div")) {
    const auto divisor = rewriter.Scalar(div->inputs[1]);
    if (!divisor || *divisor == 0) return std::nullopt;
    match.scale = 1 / *divisor;
    scores = div->inputs[0];
  } else if (const Node* mul = rewriter.Producer(scores, "Mul")) {
    const auto split = rewriter.SplitConstant(*mul);
    const auto factor = split ? rewriter.Scalar(split->constant_id) : std::nullopt;
    if (!factor) return std::nullopt;
    match.scale = *factor;
    scores = split->variable;
  }
  const Node* products = rewriter.Producer(scores, "MatMul");
  if (!products || !rewriter.OnlyReader(scores)) return std::nullopt;
  match.q = products->inputs[0];
  match.k_transposed = products->inputs[1];
  for (ValueId id : {match.q, match.k_transposed, match.v}) {
    if (!IsRank4Float(rewriter.type(id))) return std::nullopt;
  }
  return match;
}

// The keys [.., sequence, dim] behind `k_transposed` ([.., dim, sequence]), by a Transpose of its own; nothing where
// that is not made by a Transpose that only the scores read.
Result<ValueId> Untransposed(Rewriter& rewriter, ValueId k_transposed) {
  const Node* transpose = rewriter.Producer(k_transposed, "Transpose");
  const graph::Attribute* perm = transpose ? transpose->FindAttribute("perm") : nullptr;
  const auto* axes = perm ? std::get_if<std::vector<int64_t>>(&perm->value) : nullptr;
  if (!axes || axes->size() != 4 || !rewriter.OnlyReader(k_transposed)) return kNoValue;
  std::vector<int64_t> swapped = *axes;
  std::swap(swapped[2], swapped[3]);
  const int64_t opset = transpose->opset;
  return rewriter.Add({"Transpose", {transpose->inputs[0]}, {{"perm", std::move(swapped)}}, "", opset});
}

}  // namespace

Result<bool> FuseAttention(graph::Graph& graph, const PassContext&) {
  Rewriter rewriter(graph);
  for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) {
    if (rewriter.node(i).op_type != "MatMul" || !rewriter.node(i).domain.empty()) continue;
    const auto match = MatchFrom(rewriter, rewriter.node(i));
    if (!match) continue;
    ONEDGE_ASSIGN_OR_RETURN(const ValueId k, Untransposed(rewriter, match->k_transposed));
    if (k == kNoValue) continue;
    std::vector<ValueId> inputs = {match->q, k, match->v};
    if (match->mask != kNoValue) inputs.push_back(match->mask);
    const auto scale = static_cast<float>(match->scale);
    ONEDGE_RETURN_IF_ERROR(
        rewriter.Replace(i, {"ScaledDotProductAttention", std::move(inputs), {{"scale", scale}}, "onedge"}).status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
