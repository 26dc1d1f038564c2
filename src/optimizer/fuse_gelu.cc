// fuse-gelu: GELU in its exported spellings, x * 0.5 * (1 + erf(x / sqrt 2)) and its tanh approximation, with the
// factors in any order, becomes Gelu.
#include <cmath>
#include <numbers>

#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::Node;
using graph::ValueId;

// x, when `id` is x / sqrt(2).
std::optional<ValueId> ErfArgument(const Rewriter& rewriter, ValueId id) {
  if (const Node* div = rewriter.Producer(id, "Div")) {
    if (rewriter.IsScalar(div->inputs[1], std::numbers::sqrt2)) return div->inputs[0];
  } else if (const Node* mul = rewriter.Producer(id, "Mul")) {
    const auto split = rewriter.SplitConstant(*mul);
    if (split && rewriter.IsScalar(split->constant_id, 1 / std::numbers::sqrt2)) return split->variable;
  }
  return std::nullopt;
}

bool IsCubeOf(const Rewriter& rewriter, ValueId id, ValueId x) {
  if (const Node* pow = rewriter.Producer(id, "Pow"))
    return pow->inputs[0] == x && rewriter.IsScalar(pow->inputs[1], 3);
  const Node* mul = rewriter.Producer(id, "Mul");
  if (!mul || (mul->inputs[0] != x && mul->inputs[1] != x)) return false;
  const Node* square = rewriter.Producer(rewriter.OtherInput(*mul, x), "Mul");
  return square && square->inputs[0] == x && square->inputs[1] == x;
}

// x, when `id` is sqrt(2 / pi) * (x + 0.044715 x^3).
std::optional<ValueId> TanhArgument(const Rewriter& rewriter, ValueId id) {
  const Node* outer = rewriter.Producer(id, "Mul");
  const auto scaled = outer ? rewriter.SplitConstant(*outer) : std::nullopt;
  if (!scaled || !rewriter.IsScalar(scaled->constant_id, std::sqrt(2 / std::numbers::pi))) return std::nullopt;
  const Node* add = rewriter.Producer(scaled->variable, "Add");
  if (!add) return std::nullopt;
  for (size_t i : {0, 1}) {
    const ValueId x = add->inputs[i];
    const Node* cubic = rewriter.Producer(add->inputs[1 - i], "Mul");
    const auto term = cubic ? rewriter.SplitConstant(*cubic) : std::nullopt;
    if (term && rewriter.IsScalar(term->constant_id, 0.044715) && IsCubeOf(rewriter, term->variable, x)) return x;
  }
  return std::nullopt;
}

// From 1 + f(x), the product up to the node that completes x * 0.5 * (1 + f(x)): that node's index.
std::optional<size_t> FindProduct(const Rewriter& rewriter, ValueId factor, ValueId x) {
  bool has_half = false;
  bool has_x = false;
  for (int depth = 0; depth < 2; ++depth) {
    const auto mul = rewriter.OnlyReader(factor, "Mul");
    if (!mul) return std::nullopt;
    const ValueId other = rewriter.OtherInput(rewriter.node(*mul), factor);
    const Node* half_x = rewriter.Producer(other, "Mul");
    const auto split = half_x ? rewriter.SplitConstant(*half_x) : std::nullopt;
    if (other == x && !has_x) {
      has_x = true;
    } else if (rewriter.IsScalar(other, 0.5) && !has_half) {
      has_half = true;
    } else if (split && split->variable == x && rewriter.IsScalar(split->constant_id, 0.5) && !has_x && !has_half) {
      has_x = has_half = true;
    } else {
      return std::nullopt;
    }
    if (has_x && has_half) return mul;
    factor = rewriter.node(*mul).outputs[0];
  }
  return std::nullopt;
}

}  // namespace

Result<bool> FuseGelu(graph::Graph& graph, const PassContext&) {
  constexpr int64_t kFirstOpset = 20;  // of Gelu
  Rewriter rewriter(graph);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const Node& node = rewriter.node(i);
    const bool is_erf = node.op_type == "Erf";
    if (!node.domain.empty() || (!is_erf && node.op_type != "Tanh")) continue;
    const auto x = is_erf ? ErfArgument(rewriter, node.inputs[0]) : TanhArgument(rewriter, node.inputs[0]);
    const auto add = x ? rewriter.OnlyReader(node.outputs[0], "Add") : std::nullopt;
    if (!add || !rewriter.IsScalar(rewriter.OtherInput(rewriter.node(*add), node.outputs[0]), 1.0)) continue;
    const auto product = FindProduct(rewriter, rewriter.node(*add).outputs[0], *x);
    if (!product) continue;
    ONEDGE_RETURN_IF_ERROR(
        rewriter
            .Replace(*product,
                     {"Gelu", {*x}, {{"approximate", std::string(is_erf ? "none" : "tanh")}}, "", kFirstOpset})
            .status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
