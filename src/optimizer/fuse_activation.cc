// fuse-activation: an activation that is the only reader of a Conv, a Gemm, a Linear or a DynamicQuantizedLinear
// becomes part of it, with the same bits.
#include "ops/fused/dynamic_quantized_linear.h"
#include "ops/fused/linear.h"
#include "ops/math/clip.h"
#include "ops/nn/conv.h"
#include "ops/nn/gemm.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::Node;
using ops::Activation;

bool HasNone(const Rewriter&, const Node& node) {
  if (const auto* linear = ops::As<ops::Linear>(node)) return !linear->activation;
  if (const auto* linear = ops::As<ops::DynamicQuantizedLinear>(node)) return !linear->activation;
  const auto* conv = ops::As<ops::Conv>(node);
  return conv && !conv->activation;
}

// True for a Gemm that is a Linear: a product with a constant matrix, and at most a constant vector added.
bool IsPlainGemm(const Rewriter& rewriter, const Node& node) {
  const auto& gemm = *ops::As<ops::Gemm>(node);
  if (gemm.trans_a || gemm.alpha != 1 || gemm.beta != 1) return false;
  const Tensor* weight = rewriter.constant(node.inputs[1]);
  if (!weight || !IsFloatingPoint(weight->dtype())) return false;
  if (node.inputs.size() < 3 || node.inputs[2] == graph::kNoValue) return true;
  const Tensor* bias = rewriter.constant(node.inputs[2]);
  return bias && bias->rank() == 1 && bias->dim(0) == weight->dim(gemm.trans_b ? 0 : 1);
}

// True if its bounds are attributes or constants.
bool HasKnownBounds(const Rewriter& rewriter, const Node& node) {
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != graph::kNoValue && !rewriter.Scalar(node.inputs[i])) return false;
  }
  return true;
}

Activation ActivationOf(const Rewriter& rewriter, const Node& node) {
  const auto* clip = ops::As<ops::Clip>(node);
  if (!clip) return ops::As<ops::Unary>(node)->activation;
  const auto bound = [&](size_t i, float otherwise) {
    const auto value = i < node.inputs.size() ? rewriter.Scalar(node.inputs[i]) : std::nullopt;
    return value ? static_cast<float>(*value) : otherwise;
  };
  return {Activation::kClip, bound(1, clip->low), bound(2, clip->high)};
}

// A node that does the work of `node` and then `activation`.
Rewriter::NewNode WithActivation(const Node& node, const Activation& activation) {
  Rewriter::NewNode fused = {.op_type = node.op_type,
                             .inputs = node.inputs,
                             .attributes = node.attributes,
                             .domain = "onedge",
                             .shape_of = node.outputs[0]};
  if (const auto* gemm = ops::As<ops::Gemm>(node)) {
    fused.op_type = "Linear";
    fused.attributes = {{"trans_b", int64_t{gemm->trans_b}}};
  }
  for (graph::Attribute& attribute : ops::AttributesOf(activation)) fused.attributes.push_back(std::move(attribute));
  return fused;
}

}  // namespace

Result<bool> FuseActivation(graph::Graph& graph, const PassContext& ctx) {
  constexpr std::string_view kActivations[] = {"Relu",      "Clip",        "LeakyRelu", "Sigmoid", "Tanh",
                                               "HardSwish", "HardSigmoid", "Swish",     "Gelu"};
  const auto quantized = Op("DynamicQuantizedLinear", {}, "onedge").Where(HasNone, "no activation yet");
  const auto product = OneOf({Op("Conv", {}).Where(HasNone, "no activation yet"),
                              Op("Linear", {}, "onedge").Where(HasNone, "no activation yet"),
                              Op("Gemm", {}).Where(IsPlainGemm, "x * constant matrix + constant vector"), quantized});
  std::vector<Pattern> patterns;
  for (std::string_view name : kActivations) {
    patterns.push_back(Op(name, {product}).Where(name == "Clip" ? HasKnownBounds : nullptr, "constant bounds"));
  }

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    for (const Pattern& pattern : patterns) {
      const auto match = rewriter.Find(pattern, i);
      if (!match) continue;
      const Activation activation = ActivationOf(rewriter, rewriter.node(i));
      if ((*match)[quantized] != graph::kNoValue && activation.kind > Activation::kSigmoid) {
        rewriter.Miss(i, "the kernels for quantized products do not apply this activation");
        break;
      }
      const Node& node = *rewriter.Maker((*match)[product]);
      ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, WithActivation(node, activation)).status());
      break;
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
