// fuse-activation: an activation that is the only reader of a Conv, a Gemm, a Linear or a DynamicQuantizedLinear
// becomes part of it. float32 and float64 keep their bits; 16-bit results are rounded once, after the activation.
#include "ops/fused/dynamic_quantized_linear.h"
#include "ops/fused/linear.h"
#include "ops/math/clip.h"
#include "ops/nn/conv.h"
#include "ops/nn/gemm.h"
#include "optimizer/conditions.h"
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

// True for a Gemm that is a Linear: a matrix times a constant matrix, and at most a constant vector added. Linear
// accepts x of any rank, Gemm does not.
bool IsPlainGemm(const Rewriter& rewriter, const Node& node) {
  const auto& gemm = *ops::As<ops::Gemm>(node);
  const graph::TypeInfo& x = rewriter.type(node.inputs[0]);
  if (gemm.trans_a || gemm.alpha != 1 || gemm.beta != 1 || !x.dims || x.dims->size() != 2) return false;
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

// Nullopt: a bound of Clip that no attribute holds.
std::optional<Activation> ActivationOf(const Rewriter& rewriter, const Node& node) {
  const auto* clip = ops::As<ops::Clip>(node);
  if (!clip) return ops::As<ops::Unary>(node)->activation;
  Activation out = {Activation::kClip, clip->low, clip->high};
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    const auto value = rewriter.Scalar(node.inputs[i]);
    if (!value) continue;
    if (!FitsAttribute(*value, rewriter.constant(node.inputs[i])->dtype())) return std::nullopt;
    (i == 1 ? out.alpha : out.beta) = static_cast<float>(*value);
  }
  return out;
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
  const auto product =
      OneOf({Op("Conv", {}).Where(HasNone, "no activation yet"),
             Op("Linear", {}, "onedge").Where(HasNone, "no activation yet"),
             Op("Gemm", {}).Where(IsPlainGemm, "matrix * constant matrix + constant vector"), quantized});
  std::vector<Pattern> patterns;
  for (std::string_view name : kActivations) {
    patterns.push_back(Op(name, {product}).Where(name == "Clip" ? HasKnownBounds : nullptr, "constant bounds"));
  }

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    for (const Pattern& pattern : patterns) {
      const auto match = rewriter.Find(pattern, i);
      if (!match) continue;
      const auto activation = ActivationOf(rewriter, rewriter.node(i));
      if (!activation) {
        rewriter.Miss(i, "a bound is not exact as an attribute, which is float32");
        break;
      }
      if ((*match)[quantized] != graph::kNoValue && !activation->FollowsInt8()) {
        rewriter.Miss(i, "the kernels for quantized products do not apply this activation");
        break;
      }
      if (IsRoundingToKeep(rewriter, ctx, (*match)[product])) {
        rewriter.Miss(i, std::string(kRoundingToKeep));
        break;
      }
      const Node& node = *rewriter.Maker((*match)[product]);
      ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, WithActivation(node, *activation)).status());
      break;
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
