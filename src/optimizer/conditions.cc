#include "optimizer/conditions.h"

#include "ops/math/reduce.h"
#include "ops/nn/layer_normalization.h"

namespace onedge::optimizer {
namespace {

// True when `axis` is the last one of `type`, whose rank may be unknown.
bool IsLast(int64_t axis, const graph::TypeInfo& type) {
  return axis == -1 || (type.is_tensor() && type.dims && axis == static_cast<int64_t>(type.dims->size()) - 1);
}

bool IsMeanOverLastAxis(const Rewriter& rewriter, const graph::Node& node) {
  const auto* reduce = ops::As<ops::Reduction>(node);
  if (!reduce || !reduce->keepdims) return false;
  const Tensor* given = node.inputs.size() > 1 ? rewriter.constant(node.inputs[1]) : nullptr;
  std::span<const int64_t> axes = reduce->axes;
  if (given && given->dtype() == DType::kInt64) axes = given->values<int64_t>();
  return axes.size() == 1 && IsLast(axes[0], rewriter.type(node.inputs[0]));
}

}  // namespace

bool NormalizesLastAxisAlone(const Rewriter& rewriter, const graph::Node& node) {
  for (size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != graph::kNoValue) return false;
  }
  return IsLast(ops::As<ops::LayerNormalization>(node)->axis, rewriter.type(node.inputs[0]));
}

Pattern LastMean(Pattern x) {
  return Op("ReduceMean", {std::move(x)}).Where(IsMeanOverLastAxis, "a mean over the last axis, which stays");
}

bool FitsAttribute(double value, DType dtype) { return dtype != DType::kFloat64 || static_cast<float>(value) == value; }

bool IsRoundingToKeep(const Rewriter& rewriter, const PassContext& ctx, graph::ValueId id) {
  const DType dtype = rewriter.type(id).dtype;
  return ctx.exact && dtype != DType::kFloat32 && dtype != DType::kFloat64;
}

}  // namespace onedge::optimizer
