// prefer-nhwc: convolutions that the CPU backend computes with channels last become onedge.NhwcConv. The operators
// between them follow, so that the layout changes only where such a run of operators begins and ends. Runs once, after
// the fusions.
#include <algorithm>

#include "ops/math/activation.h"
#include "ops/movement/transpose.h"
#include "ops/nn/conv.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;
using Ints = std::vector<int64_t>;

// The permutations of a Transpose: [N, C, spatial...] to [N, spatial..., C], and back.
Ints ToLast(size_t rank) {
  Ints perm = {0};
  for (size_t i = 2; i < rank; ++i) perm.push_back(static_cast<int64_t>(i));
  perm.push_back(1);
  return perm;
}
Ints ToFirst(size_t rank) {
  Ints perm = {0, static_cast<int64_t>(rank) - 1};
  for (size_t i = 1; i + 1 < rank; ++i) perm.push_back(static_cast<int64_t>(i));
  return perm;
}

class LayoutRewriter {
 public:
  explicit LayoutRewriter(Rewriter& rewriter) : rewriter_(rewriter) {}

  Status Visit(size_t index) {
    const Node node = rewriter_.node(index);  // a copy: adding moves the nodes
    if (node.outputs.empty() || node.outputs[0] == kNoValue) return OkStatus();
    if (const auto* conv = ops::As<ops::Conv>(node))
      return IsEligible(node, *conv) ? MoveConv(index, node) : OkStatus();
    if (const auto* transpose = ops::As<ops::Transpose>(node)) return MoveTranspose(index, node, *transpose);
    if (ops::As<ops::Unary>(node) || IsElementwise(node)) return MoveElementwise(index, node);
    if (node.op_type == "Concat" && node.domain.empty()) return MoveConcat(index, node);
    return OkStatus();
  }

 private:
  // The conditions of the CPU backend (backends/cpu/nhwc_conv.cc), as far as they make it fast there.
  bool IsEligible(const Node& node, const ops::Conv& conv) const {
    const Tensor* weights = rewriter_.constant(node.inputs[1]);
    if (!weights || weights->dtype() != DType::kFloat32 || weights->element_count() == 0) return false;
    if (weights->rank() < 3 || weights->rank() > 4 || weights->dim(0) % conv.groups != 0) return false;
    if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
      const Tensor* bias = rewriter_.constant(node.inputs[2]);
      if (!bias || bias->dtype() != DType::kFloat32 || bias->element_count() != weights->dim(0)) return false;
    }
    // Larger depthwise windows have no kernel there.
    constexpr int64_t kMostDepthwiseTaps = 25;
    const bool depthwise = weights->dim(1) == 1 && weights->dim(0) == conv.groups;
    return !depthwise || weights->element_count() / weights->dim(0) <= kMostDepthwiseTaps;
  }

  static bool IsElementwise(const Node& node) {
    constexpr std::string_view kBinary[] = {"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Clip", "PRelu"};
    return node.domain.empty() && node.opset >= 7 &&  // an attribute aligned operands before opset 7
           std::find(std::begin(kBinary), std::end(kBinary), node.op_type) != std::end(kBinary);
  }

  bool IsConstantOfOne(ValueId id) const {
    const Tensor* constant = rewriter_.constant(id);
    return constant && constant->element_count() == 1;
  }
  std::optional<size_t> RankOf(ValueId id) const {
    const auto& dims = rewriter_.type(id).dims;
    return dims ? std::optional(dims->size()) : std::nullopt;
  }
  // The value with channels last, if there is one already.
  ValueId Twin(ValueId id) const {
    return static_cast<size_t>(id) < twins_.size() ? twins_[static_cast<size_t>(id)] : kNoValue;
  }
  void SetTwin(ValueId id, ValueId twin) {
    if (twins_.size() <= static_cast<size_t>(id)) twins_.resize(static_cast<size_t>(id) + 1, kNoValue);
    twins_[static_cast<size_t>(id)] = twin;
  }

  Result<ValueId> ChannelsLast(ValueId id, size_t rank) {
    if (Twin(id) != kNoValue) return Twin(id);
    ONEDGE_ASSIGN_OR_RETURN(const ValueId moved,
                            rewriter_.Add({"Transpose", {id}, {{"perm", ToLast(rank)}}, "", kTransposeOpset}));
    SetTwin(id, moved);
    return moved;
  }

  // A constant operand of an elementwise operator, which may have a lower rank.
  Result<ValueId> ConstantLast(ValueId id, size_t rank) {
    const Tensor& constant = *rewriter_.constant(id);
    Shape shape;
    shape.resize(rank - constant.rank(), 1);
    for (int64_t dim : constant.shape()) shape.push_back(dim);
    ONEDGE_ASSIGN_OR_RETURN(const Tensor padded, constant.Reshaped(shape));
    return ChannelsLast(rewriter_.AddConstant(padded), rank);  // folded by the pass that follows
  }

  // Node `index` becomes the move of `last` back to channels first, which is dropped if only moved nodes read it.
  Status Finish(size_t index, const Node& node, ValueId last, size_t rank) {
    const ValueId output = node.outputs[0];
    ONEDGE_ASSIGN_OR_RETURN(
        const bool replaced,
        rewriter_.Replace(index, {"Transpose", {last}, {{"perm", ToFirst(rank)}}, "", kTransposeOpset, output}));
    if (replaced) SetTwin(output, last);
    return OkStatus();
  }

  Status MoveConv(size_t index, const Node& node) {
    const size_t rank = rewriter_.constant(node.inputs[1])->rank();
    ONEDGE_ASSIGN_OR_RETURN(const ValueId x, ChannelsLast(node.inputs[0], rank));
    std::vector<ValueId> inputs = node.inputs;
    inputs[0] = x;
    ONEDGE_ASSIGN_OR_RETURN(const ValueId y,
                            rewriter_.Add({"NhwcConv", std::move(inputs), node.attributes, "onedge", 1}));
    return Finish(index, node, y, rank);
  }

  // A Transpose of a moved value to channels last is that value.
  Status MoveTranspose(size_t index, const Node& node, const ops::Transpose& transpose) {
    const ValueId last = Twin(node.inputs[0]);
    if (!transpose.perm) return OkStatus();
    const Ints perm(transpose.perm->begin(), transpose.perm->end());
    if (perm.size() < 3) return OkStatus();
    if (last != kNoValue && perm == ToLast(perm.size())) {
      return rewriter_.Replace(index, {"Identity", {last}, {}, "", kTransposeOpset, node.outputs[0]}).status();
    }
    if (perm == ToFirst(perm.size())) SetTwin(node.outputs[0], node.inputs[0]);
    return OkStatus();
  }

  Status MoveElementwise(size_t index, const Node& node) {
    const auto rank = RankOf(node.outputs[0]);
    if (!rank || *rank < 3 || !AnyMoved(node)) return OkStatus();
    for (ValueId id : node.inputs) {
      if (id == kNoValue || IsConstantOfOne(id)) continue;
      const auto input_rank = RankOf(id);
      if (!input_rank || (*input_rank != *rank && !rewriter_.constant(id))) return OkStatus();
    }
    std::vector<ValueId> inputs;
    for (ValueId id : node.inputs) {
      if (id != kNoValue && !IsConstantOfOne(id)) {
        ONEDGE_ASSIGN_OR_RETURN(id, rewriter_.constant(id) ? ConstantLast(id, *rank) : ChannelsLast(id, *rank));
      }
      inputs.push_back(id);
    }
    ONEDGE_ASSIGN_OR_RETURN(const ValueId y,
                            rewriter_.Add({node.op_type, std::move(inputs), node.attributes, node.domain, node.opset}));
    return Finish(index, node, y, *rank);
  }

  Status MoveConcat(size_t index, const Node& node) {
    const auto rank = RankOf(node.outputs[0]);
    const graph::Attribute* axis = node.FindAttribute("axis");
    if (!rank || *rank < 3 || !axis || !AnyMoved(node)) return OkStatus();
    int64_t joined = std::get<int64_t>(axis->value);
    if (joined < 0) joined += static_cast<int64_t>(*rank);
    const Ints perm = ToLast(*rank);
    const auto moved = std::find(perm.begin(), perm.end(), joined);
    if (moved == perm.end()) return OkStatus();
    std::vector<ValueId> inputs;
    for (ValueId id : node.inputs) {
      ONEDGE_ASSIGN_OR_RETURN(const ValueId last, ChannelsLast(id, *rank));
      inputs.push_back(last);
    }
    ONEDGE_ASSIGN_OR_RETURN(
        const ValueId y,
        rewriter_.Add({"Concat", std::move(inputs), {{"axis", int64_t{moved - perm.begin()}}}, "", node.opset}));
    return Finish(index, node, y, *rank);
  }

  bool AnyMoved(const Node& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId id) { return id != kNoValue && Twin(id) != kNoValue; });
  }

  static constexpr int64_t kTransposeOpset = 13;

  Rewriter& rewriter_;
  std::vector<ValueId> twins_;  // by value: the same elements with channels last
};

}  // namespace

Result<bool> PreferNhwc(graph::Graph& graph, const PassContext& ctx) {
  Rewriter rewriter(graph, ctx);
  LayoutRewriter layout(rewriter);
  for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) ONEDGE_RETURN_IF_ERROR(layout.Visit(i));
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
