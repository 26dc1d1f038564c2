// prefer-nhwc: convolutions that the CPU backend computes with channels last become onedge.NhwcConv. The operators
// between them follow, so that the layout changes only where such a run of operators begins and ends. A run of 16-bit
// operators becomes one of float32, which rounds once, at its end. The pass runs once, after the fusions.
#include <algorithm>
#include <cmath>

#include "ops/math/activation.h"
#include "ops/math/reduce.h"
#include "ops/movement/transpose.h"
#include "ops/nn/batch_normalization.h"
#include "ops/nn/conv.h"
#include "ops/nn/pools.h"
#include "ops/nn/real_tensors.h"
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
  LayoutRewriter(Rewriter& rewriter, MemoryBudget* budget) : rewriter_(rewriter), budget_(budget) {}

  Status Visit(size_t index) {
    const Node node = rewriter_.node(index);  // a copy: adding moves the nodes
    if (node.outputs.empty() || node.outputs[0] == kNoValue) return OkStatus();
    if (const auto* conv = ops::As<ops::Conv>(node))
      return IsEligible(node, *conv) ? MoveConv(index, node) : OkStatus();
    if (const auto* transpose = ops::As<ops::Transpose>(node)) return MoveTranspose(index, node, *transpose);
    if (ops::As<ops::Unary>(node) || IsElementwise(node)) return MoveElementwise(index, node);
    if (!node.domain.empty()) return OkStatus();
    if (node.op_type == "Concat") return MoveConcat(index, node);
    if (node.op_type == "MaxPool" || node.op_type == "AveragePool" || node.op_type == "GlobalAveragePool" ||
        node.op_type == "DepthToSpace" || node.op_type == "SpaceToDepth") {
      return MoveToTwin(index, node);
    }
    if (const auto* norm = ops::As<ops::BatchNormalization>(node)) return MoveNormalization(index, node, *norm);
    if (node.op_type == "Resize" || node.op_type == "Upsample" || node.op_type == "Pad") {
      return MoveByVectors(index, node);
    }
    if (const auto* reduction = ops::As<ops::Reduction>(node)) return MoveReduction(index, node, *reduction);
    return OkStatus();
  }

 private:
  // The conditions of the CPU backend (backends/cpu/nhwc_conv.cc), as far as they make it fast there.
  bool IsEligible(const Node& node, const ops::Conv& conv) const {
    const Tensor* weights = rewriter_.constant(node.inputs[1]);
    if (!weights || !IsReadable(weights->dtype()) || weights->element_count() == 0) return false;
    if (rewriter_.type(node.inputs[0]).dtype != weights->dtype()) return false;
    if (weights->rank() < 3 || weights->rank() > 4 || weights->dim(0) % conv.groups != 0) return false;
    if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
      const Tensor* bias = rewriter_.constant(node.inputs[2]);
      if (!bias || bias->element_count() != weights->dim(0)) return false;
    }
    // Larger depthwise windows have no kernel there.
    constexpr int64_t kMostDepthwiseTaps = 25;
    const bool depthwise = weights->dim(1) == 1 && weights->dim(0) == conv.groups;
    return !depthwise || weights->element_count() / weights->dim(0) <= kMostDepthwiseTaps;
  }

  static bool IsNarrow(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBfloat16; }
  static bool IsReadable(DType dtype) { return dtype == DType::kFloat32 || IsNarrow(dtype); }

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

  // `id` in float32 if it has 16 bits.
  Result<ValueId> Widened(ValueId id) {
    if (!IsNarrow(rewriter_.type(id).dtype)) return id;
    return rewriter_.Add({"Cast", {id}, {{"to", kOnnxFloat}}, "", kOpset});
  }

  Result<ValueId> ChannelsLast(ValueId id, size_t rank) {
    if (Twin(id) != kNoValue) return Twin(id);
    ONEDGE_ASSIGN_OR_RETURN(const ValueId wide, Widened(id));
    ONEDGE_ASSIGN_OR_RETURN(const ValueId moved,
                            rewriter_.Add({"Transpose", {wide}, {{"perm", ToLast(rank)}}, "", kOpset}));
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
    Rewriter::NewNode back = {"Transpose", {last}, {{"perm", ToFirst(rank)}}, "", kOpset, output};
    const DType dtype = rewriter_.type(output).dtype;
    if (IsNarrow(dtype)) {
      ONEDGE_ASSIGN_OR_RETURN(const ValueId first, rewriter_.Add(std::move(back)));
      back = {"Cast", {first}, {{"to", dtype == DType::kFloat16 ? kOnnxFloat16 : kOnnxBfloat16}}, "", kOpset, output};
    }
    ONEDGE_ASSIGN_OR_RETURN(const bool replaced, rewriter_.Replace(index, std::move(back)));
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
    if (IsNarrow(rewriter_.type(node.outputs[0]).dtype)) return OkStatus();
    if (last != kNoValue && perm == ToLast(perm.size())) {
      return rewriter_.Replace(index, {"Identity", {last}, {}, "", kOpset, node.outputs[0]}).status();
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
      if (id != kNoValue) {
        ONEDGE_ASSIGN_OR_RETURN(id, IsConstantOfOne(id)      ? Widened(id)
                                    : rewriter_.constant(id) ? ConstantLast(id, *rank)
                                                             : ChannelsLast(id, *rank));
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

  // Operators that have a form for channels last.
  Status MoveToTwin(size_t index, const Node& node) {
    const auto rank = RankOf(node.outputs[0]);
    if (!rank || *rank < 3 || !AnyMoved(node)) return OkStatus();
    if (node.outputs.size() > 1 && node.outputs[1] != kNoValue) return OkStatus();  // positions
    std::vector<graph::Attribute> attributes = node.attributes;
    std::erase_if(attributes, [](const graph::Attribute& attribute) { return attribute.name == "storage_order"; });
    ONEDGE_ASSIGN_OR_RETURN(
        const ValueId y,
        rewriter_.Add({StrCat("Nhwc", node.op_type), {Twin(node.inputs[0])}, std::move(attributes), "onedge", 1}));
    return Finish(index, node, y, *rank);
  }

  // x * factor + shift, each with one value for a channel: the last dimension.
  Status MoveNormalization(size_t index, const Node& node, const ops::BatchNormalization& norm) {
    const auto rank = RankOf(node.outputs[0]);
    if (!rank || *rank < 3 || !AnyMoved(node) || norm.training || !norm.spatial) return OkStatus();
    Tensor parameters[4];  // scale, bias, mean, variance
    for (size_t i = 0; i < 4; ++i) {
      const Tensor* constant = rewriter_.constant(node.inputs[i + 1]);
      if (!constant || !IsReadable(constant->dtype()) || constant->rank() != 1) return OkStatus();
      if (i > 0 && constant->dim(0) != parameters[0].dim(0)) return OkStatus();
      ONEDGE_ASSIGN_OR_RETURN(parameters[i], ops::ConvertReal(*constant, DType::kFloat32, budget_));
      ONEDGE_ASSIGN_OR_RETURN(parameters[i], parameters[i].Clone(budget_));
    }
    float* const factor = parameters[0].mutable_data<float>();
    float* const shift = parameters[1].mutable_data<float>();
    for (int64_t c = 0; c < parameters[0].dim(0); ++c) {
      const double exact = factor[c] / std::sqrt(parameters[3].data<float>()[c] + static_cast<double>(norm.epsilon));
      factor[c] = static_cast<float>(exact);
      shift[c] = static_cast<float>(shift[c] - parameters[2].data<float>()[c] * exact);
    }
    ValueId y = Twin(node.inputs[0]);
    for (size_t i = 0; i < 2; ++i) {
      const ValueId operand = rewriter_.AddConstant(parameters[i]);
      ONEDGE_ASSIGN_OR_RETURN(y, rewriter_.Add({i == 0 ? "Mul" : "Add", {y, operand}, {}, "", kOpset}));
    }
    return Finish(index, node, y, *rank);
  }

  // Resize, Upsample and Pad: each further input is a constant with an entry, or two, for each dimension.
  Status MoveByVectors(size_t index, const Node& node) {
    const auto rank = RankOf(node.outputs[0]);
    if (!rank || *rank < 3 || Twin(node.inputs[0]) == kNoValue || node.FindAttribute("axes")) return OkStatus();
    if (node.FindAttribute("pads") || node.FindAttribute("scales")) return OkStatus();  // of old opsets
    const bool pads = node.op_type == "Pad";
    const Ints perm = ToLast(*rank);
    std::vector<ValueId> inputs = {Twin(node.inputs[0])};
    std::vector<std::pair<size_t, Tensor>> moved;
    for (size_t i = 1; i < node.inputs.size(); ++i) {
      inputs.push_back(node.inputs[i]);
      if (node.inputs[i] == kNoValue || (pads && i == 2)) continue;  // the value of padding
      const Tensor* vector = rewriter_.constant(node.inputs[i]);
      if (!vector || (pads && i > 2)) return OkStatus();
      const size_t length = static_cast<size_t>(vector->element_count());
      if (length == 0) continue;
      if (length != (pads ? 2 : 1) * *rank || (!pads && i == 1 && node.inputs.size() > 2 && length != *rank)) {
        return OkStatus();
      }
      ONEDGE_ASSIGN_OR_RETURN(Tensor permuted, vector->Clone());
      const size_t bytes = vector->byte_size() / length;
      for (size_t j = 0; j < length; ++j) {
        const size_t from = j / *rank * *rank + static_cast<size_t>(perm[j % *rank]);
        std::copy_n(vector->bytes() + from * bytes, bytes, permuted.mutable_bytes() + j * bytes);
      }
      moved.emplace_back(i, std::move(permuted));
    }
    if (moved.empty()) return OkStatus();
    if (pads && inputs.size() > 2 && inputs[2] != kNoValue) {
      ONEDGE_ASSIGN_OR_RETURN(inputs[2], Widened(inputs[2]));
    }
    for (auto& [i, vector] : moved) inputs[i] = rewriter_.AddConstant(std::move(vector));
    ONEDGE_ASSIGN_OR_RETURN(const ValueId y,
                            rewriter_.Add({node.op_type, std::move(inputs), node.attributes, "", node.opset}));
    return Finish(index, node, y, *rank);
  }

  // Over spatial dimensions that an attribute or a constant names.
  Status MoveReduction(size_t index, const Node& node, const ops::Reduction& reduction) {
    const auto rank = RankOf(node.inputs[0]);
    if (!rank || *rank < 3 || Twin(node.inputs[0]) == kNoValue || reduction.noop_with_empty_axes) return OkStatus();
    Ints axes = reduction.axes;
    if (reduction.axes_are_input) {
      const Tensor* constant = node.inputs.size() > 1 ? rewriter_.constant(node.inputs[1]) : nullptr;
      if (!constant || constant->dtype() != DType::kInt64) return OkStatus();
      axes.assign(constant->data<int64_t>(), constant->data<int64_t>() + constant->element_count());
    }
    for (int64_t& axis : axes) {
      if (axis < 0) axis += static_cast<int64_t>(*rank);
      if (axis < 2 || axis >= static_cast<int64_t>(*rank)) return OkStatus();
      --axis;
    }
    // Without its spatial dimensions, an image has the same form in both layouts; with some of them it has not.
    if (axes.empty() ||
        (!reduction.keepdims && (axes.size() + 2 != *rank || IsNarrow(rewriter_.type(node.inputs[0]).dtype))))
      return OkStatus();
    std::vector<graph::Attribute> attributes = node.attributes;
    std::vector<ValueId> inputs = {Twin(node.inputs[0])};
    if (reduction.axes_are_input) {
      const Shape shape = {static_cast<int64_t>(axes.size())};
      ONEDGE_ASSIGN_OR_RETURN(Tensor constant, Tensor::FromValues<int64_t>(shape, axes));
      inputs.push_back(rewriter_.AddConstant(std::move(constant)));
    } else {
      std::erase_if(attributes, [](const graph::Attribute& attribute) { return attribute.name == "axes"; });
      attributes.push_back({"axes", axes});
    }
    Rewriter::NewNode moved = {node.op_type, std::move(inputs), std::move(attributes), "", node.opset};
    if (!reduction.keepdims) {
      moved.shape_of = node.outputs[0];
      return rewriter_.Replace(index, std::move(moved)).status();
    }
    ONEDGE_ASSIGN_OR_RETURN(const ValueId y, rewriter_.Add(std::move(moved)));
    return Finish(index, node, y, *rank);
  }

  bool AnyMoved(const Node& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId id) { return id != kNoValue && Twin(id) != kNoValue; });
  }

  static constexpr int64_t kOpset = 13;  // of Transpose, Cast and Identity
  static constexpr int64_t kOnnxFloat = 1, kOnnxFloat16 = 10, kOnnxBfloat16 = 16;

  Rewriter& rewriter_;
  MemoryBudget* const budget_;
  std::vector<ValueId> twins_;  // by value: the same elements with channels last
};

}  // namespace

Result<bool> PreferNhwc(graph::Graph& graph, const PassContext& ctx) {
  Rewriter rewriter(graph, ctx);
  LayoutRewriter layout(rewriter, ctx.budget);
  for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) ONEDGE_RETURN_IF_ERROR(layout.Visit(i));
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
