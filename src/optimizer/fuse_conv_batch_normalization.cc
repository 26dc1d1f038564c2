// fuse-conv-batch-normalization: BatchNormalization of a Conv with constant weights becomes part of its weights and
// bias, computed in double. This moves roundings, so models that quantize at run time keep both.
#include <cmath>

#include "ops/nn/batch_normalization.h"
#include "ops/nn/conv.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;

bool IsInference(const Rewriter&, const graph::Node& node) {
  const auto& op = *ops::As<ops::BatchNormalization>(node);
  for (size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue) return false;
  }
  return !op.training && op.spatial;
}

bool HasConstantBias(const Rewriter& rewriter, const graph::Node& node) {
  return node.inputs.size() < 3 || node.inputs[2] == kNoValue || rewriter.constant(node.inputs[2]);
}

struct Folded {
  Tensor weight, bias;
};

// weights: f32 [filters, ...]; the others: f32 [filters]. `bias` may be null.
Result<Folded> Fold(const Tensor& weights, const Tensor* bias, const Tensor* const (&norm)[4], double epsilon,
                    MemoryBudget* budget) {
  Folded folded;
  const auto filters = static_cast<size_t>(weights.dim(0));
  ONEDGE_ASSIGN_OR_RETURN(folded.weight, Tensor::Allocate(DType::kFloat32, weights.shape(), budget));
  ONEDGE_ASSIGN_OR_RETURN(folded.bias, Tensor::Allocate(DType::kFloat32, {weights.dim(0)}, budget));
  const size_t size = static_cast<size_t>(weights.element_count()) / filters;
  const float* scale = norm[0]->data<float>();
  for (size_t f = 0; f < filters; ++f) {
    const double factor = scale[f] / std::sqrt(norm[3]->data<float>()[f] + epsilon);
    for (size_t i = f * size; i < (f + 1) * size; ++i) {
      folded.weight.mutable_data<float>()[i] = static_cast<float>(weights.data<float>()[i] * factor);
    }
    const double shift = (bias ? bias->data<float>()[f] : 0.0) - norm[2]->data<float>()[f];
    folded.bias.mutable_data<float>()[f] = static_cast<float>(shift * factor + norm[1]->data<float>()[f]);
  }
  return folded;
}

}  // namespace

Result<bool> FuseConvBatchNormalization(graph::Graph& graph, const PassContext& ctx) {
  if (ctx.exact) return false;
  const auto x = Any("x");
  const auto weight = Constant("weight"), scale = Constant("scale"), bias = Constant("bias"), mean = Constant("mean"),
             variance = Constant("variance");
  const auto conv = Op("Conv", {x, weight}).Where(HasConstantBias, "a constant bias, or none");
  const auto norm =
      Op("BatchNormalization", {conv, scale, bias, mean, variance}).Where(IsInference, "one output, not in training");

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const auto match = rewriter.Find(norm, i);
    if (!match) continue;
    const graph::Node& node = *rewriter.Maker((*match)[conv]);
    const Tensor& weights = *rewriter.constant((*match)[weight]);
    const Tensor* biases = node.inputs.size() > 2 ? rewriter.constant(node.inputs[2]) : nullptr;
    const Tensor* const parameters[4] = {rewriter.constant((*match)[scale]), rewriter.constant((*match)[bias]),
                                         rewriter.constant((*match)[mean]), rewriter.constant((*match)[variance])};
    bool fits = weights.dtype() == DType::kFloat32 && weights.rank() > 2 && weights.element_count() > 0;
    for (const Tensor* tensor : {parameters[0], parameters[1], parameters[2], parameters[3], biases}) {
      if (!tensor) continue;
      fits = fits && tensor->dtype() == DType::kFloat32 && tensor->rank() == 1 && tensor->dim(0) == weights.dim(0);
    }
    if (!fits) {
      rewriter.Miss(i, "expected float32 weights, and parameters of one value for each filter");
      continue;
    }
    Rewriter::NewNode fused = {
        .op_type = "Conv",
        .inputs = {(*match)[x], (*match)[weight], (*match)[scale]},  // the folded ones have these types
        .attributes = node.attributes,
        .opset = node.opset,
        .shape_of = (*match)[conv]};
    ONEDGE_ASSIGN_OR_RETURN(const bool can_replace, rewriter.CanReplace(i, fused));
    if (!can_replace) continue;
    const double epsilon = ops::As<ops::BatchNormalization>(rewriter.node(i))->epsilon;
    Result<Folded> folded = Fold(weights, biases, parameters, epsilon, ctx.budget);
    if (!folded.ok()) {  // the model may fit without the fusion
      rewriter.Miss(i, StrCat("no memory for folded weights: ", folded.status().message()));
      continue;
    }
    fused.inputs[1] = rewriter.AddConstant(std::move(folded->weight));
    fused.inputs[2] = rewriter.AddConstant(std::move(folded->bias));
    ONEDGE_ASSIGN_OR_RETURN(const bool replaced, rewriter.Replace(i, std::move(fused)));
    // Freed at once, because the old weights of a whole model would double its memory.
    const graph::ValueId old = (*match)[weight];
    if (replaced && rewriter.readers(old).size() == 1 && !rewriter.is_output(old)) graph.constants.erase(old);
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
