// fuse-layer-normalization: (x - mean) / sqrt(var + eps) * scale + bias over the last axis, as PyTorch exports it below
// opset 17, becomes LayerNormalization.
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

// True for a ReduceMean over the last axis that keeps it.
bool IsMeanOverLastAxis(const Rewriter& rewriter, const Node& node) {
  const graph::Attribute* keepdims = node.FindAttribute("keepdims");
  if (keepdims) {
    const int64_t* keep = std::get_if<int64_t>(&keepdims->value);
    if (!keep || *keep == 0) return false;
  }
  std::optional<int64_t> axis;
  if (const graph::Attribute* axes = node.FindAttribute("axes")) {
    const auto* list = std::get_if<std::vector<int64_t>>(&axes->value);
    if (list && list->size() == 1) axis = (*list)[0];
  } else if (node.inputs.size() == 2 && node.inputs[1] != kNoValue) {
    const Tensor* list = rewriter.constant(node.inputs[1]);
    if (list && list->dtype() == DType::kInt64 && list->element_count() == 1) axis = *list->data<int64_t>();
  }
  if (!axis) return false;
  if (*axis == -1) return true;
  const graph::TypeInfo& type = rewriter.type(node.inputs[0]);
  return type.is_tensor() && type.dims && *axis == static_cast<int64_t>(type.dims->size()) - 1;
}

bool IsSquareOf(const Rewriter& rewriter, ValueId id, ValueId base) {
  if (const Node* pow = rewriter.Producer(id, "Pow")) {
    return pow->inputs[0] == base && rewriter.IsScalar(pow->inputs[1], 2.0);
  }
  const Node* mul = rewriter.Producer(id, "Mul");
  return mul && mul->inputs[0] == base && mul->inputs[1] == base;
}

struct Match {
  ValueId x, scale, bias;
  float epsilon;
};

// `add` is the last node of the pattern.
std::optional<Match> MatchFrom(const Rewriter& rewriter, const Node& add) {
  const auto shifted = rewriter.SplitConstant(add);
  const Node* mul = shifted ? rewriter.Producer(shifted->variable, "Mul") : nullptr;
  const auto scaled = mul && rewriter.OnlyReader(shifted->variable) ? rewriter.SplitConstant(*mul) : std::nullopt;
  const Node* div = scaled ? rewriter.Producer(scaled->variable, "Div") : nullptr;
  if (!div || !rewriter.OnlyReader(scaled->variable)) return std::nullopt;
  if (scaled->constant->rank() != 1 || !(scaled->constant->shape() == shifted->constant->shape())) return std::nullopt;

  const ValueId difference = div->inputs[0];
  const Node* sub = rewriter.Producer(difference, "Sub");
  const Node* mean = sub ? rewriter.Producer(sub->inputs[1], "ReduceMean") : nullptr;
  if (!mean || mean->inputs[0] != sub->inputs[0] || !IsMeanOverLastAxis(rewriter, *mean)) return std::nullopt;

  const Node* sqrt = rewriter.Producer(div->inputs[1], "Sqrt");
  const Node* plus = sqrt ? rewriter.Producer(sqrt->inputs[0], "Add") : nullptr;
  const auto variance_and_epsilon = plus ? rewriter.SplitConstant(*plus) : std::nullopt;
  const auto epsilon = variance_and_epsilon ? rewriter.Scalar(variance_and_epsilon->constant_id) : std::nullopt;
  const Node* variance = epsilon ? rewriter.Producer(variance_and_epsilon->variable, "ReduceMean") : nullptr;
  if (!variance || !IsMeanOverLastAxis(rewriter, *variance)) return std::nullopt;
  if (!IsSquareOf(rewriter, variance->inputs[0], difference)) {
    // Some exporters compute x - mean twice.
    const Node* pow = rewriter.Producer(variance->inputs[0], "Pow");
    const Node* again =
        pow && rewriter.IsScalar(pow->inputs[1], 2.0) ? rewriter.Producer(pow->inputs[0], "Sub") : nullptr;
    if (!again || again->inputs != sub->inputs) return std::nullopt;
  }
  return Match{sub->inputs[0], scaled->constant_id, shifted->constant_id, static_cast<float>(*epsilon)};
}

}  // namespace

Result<bool> FuseLayerNormalization(graph::Graph& graph, const PassContext&) {
  constexpr int64_t kFirstOpset = 17;  // of LayerNormalization
  Rewriter rewriter(graph);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    if (rewriter.node(i).op_type != "Add" || !rewriter.node(i).domain.empty()) continue;
    const auto match = MatchFrom(rewriter, rewriter.node(i));
    if (!match || rewriter.type(match->x).dtype != DType::kFloat32) continue;
    ONEDGE_RETURN_IF_ERROR(rewriter
                               .Replace(i, {"LayerNormalization",
                                            {match->x, match->scale, match->bias},
                                            {{"axis", int64_t{-1}}, {"epsilon", match->epsilon}},
                                            "",
                                            kFirstOpset})
                               .status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
