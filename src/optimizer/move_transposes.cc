// move-transposes: two Transposes in a row become one, with the product of their permutations, or none. Elementwise
// operators may be between them. Frameworks with NHWC images export many such pairs.
#include <algorithm>

#include "ops/math/activation.h"
#include "ops/movement/transpose.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

constexpr int kMaxInARow = 8;  // elementwise operators in a row

// The permutation of a Transpose with the attribute; nullopt for other nodes.
std::optional<ops::Axes> PermOf(const Node* node) {
  const auto* transpose = node ? ops::As<ops::Transpose>(*node) : nullptr;
  if (!transpose || !transpose->perm) return std::nullopt;
  auto axes = transpose->Permutation(transpose->perm->size());
  return axes.ok() ? std::optional(*axes) : std::nullopt;
}

bool IsElementwise(const Node& node) {
  constexpr std::string_view kBinary[] = {"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Clip"};
  if (!node.domain.empty() || node.opset < 7) return false;  // an attribute aligned operands before opset 7
  return ops::As<ops::Unary>(node) ||
         std::find(std::begin(kBinary), std::end(kBinary), node.op_type) != std::end(kBinary);
}

class Mover {
 public:
  explicit Mover(Rewriter& rewriter) : rewriter_(rewriter) {}

  // True if `id` is an elementwise function of outputs of Transposes with one permutation, perm(), and of constants
  // with one element, and no other node reads the values between.
  bool Finds(ValueId id, int depth = 0) {
    if (IsConstantOfOne(id)) return true;
    if (rewriter_.readers(id).size() != 1 || rewriter_.is_output(id)) return false;
    const Node* node = rewriter_.Maker(id);
    if (const auto perm = PermOf(node)) {
      if (perm_ && !(*perm_ == *perm)) return false;
      perm_ = perm;
      return true;
    }
    if (depth == kMaxInARow || !node || !IsElementwise(*node)) return false;
    return std::all_of(node->inputs.begin(), node->inputs.end(),
                       [&](ValueId input) { return input == kNoValue || Finds(input, depth + 1); });
  }
  const std::optional<ops::Axes>& perm() const { return perm_; }

  // The value of `id` before the Transposes. REQUIRES: Finds(id).
  Result<ValueId> Untransposed(ValueId id) {
    if (id == kNoValue || IsConstantOfOne(id)) return id;
    const Node node = *rewriter_.Maker(id);  // a copy: adding moves the nodes
    if (PermOf(&node)) return node.inputs[0];
    Rewriter::NewNode moved = {node.op_type, {}, node.attributes, node.domain, node.opset};
    for (ValueId input : node.inputs) {
      ONEDGE_ASSIGN_OR_RETURN(const ValueId before, Untransposed(input));
      moved.inputs.push_back(before);
    }
    return rewriter_.Add(std::move(moved));
  }

 private:
  bool IsConstantOfOne(ValueId id) const {
    const Tensor* constant = rewriter_.constant(id);
    return constant && constant->element_count() == 1;
  }

  Rewriter& rewriter_;
  std::optional<ops::Axes> perm_;
};

}  // namespace

Result<bool> MoveTransposes(graph::Graph& graph, const PassContext& ctx) {
  Rewriter rewriter(graph, ctx);
  for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) {
    const auto second = PermOf(&rewriter.node(i));
    if (!second || rewriter.node(i).outputs[0] == kNoValue) continue;
    const ValueId x = rewriter.node(i).inputs[0];
    Mover mover(rewriter);
    const auto first = PermOf(rewriter.Maker(x));
    if (!first && (!mover.Finds(x) || !mover.perm())) continue;
    const ops::Axes inner = first ? *first : *mover.perm();
    if (inner.size() != second->size()) continue;
    std::vector<int64_t> product;
    for (size_t axis : *second) product.push_back(static_cast<int64_t>(inner[axis]));
    const int64_t opset = rewriter.node(i).opset;
    ValueId before = first ? rewriter.Maker(x)->inputs[0] : kNoValue;
    if (!first) {
      ONEDGE_ASSIGN_OR_RETURN(before, mover.Untransposed(x));
    }
    ONEDGE_RETURN_IF_ERROR(
        rewriter.Replace(i, {"Transpose", {before}, {{"perm", std::move(product)}}, "", opset}).status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
