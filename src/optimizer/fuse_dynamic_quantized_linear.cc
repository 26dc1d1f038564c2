// fuse-dynamic-quantized-linear: DynamicQuantizeLinear -> MatMulInteger -> Cast -> Mul by both scales [-> Add a bias],
// with constant int8 weights of zero point 0, becomes onedge.DynamicQuantizedLinear, which computes the same bits.
#include <algorithm>

#include "ops/math/cast.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

// The weights are an int8 matrix with zero points that are 0 or omitted.
bool HasSymmetricWeights(const Rewriter& rewriter, const graph::Node& matmul) {
  const Tensor* weight = rewriter.constant(matmul.inputs[1]);
  if (!weight || weight->dtype() != DType::kInt8 || weight->rank() != 2) return false;
  if (matmul.inputs.size() < 4 || matmul.inputs[3] == graph::kNoValue) return true;
  const Tensor* zero_point = rewriter.constant(matmul.inputs[3]);
  return zero_point && std::all_of(zero_point->bytes(), zero_point->bytes() + zero_point->byte_size(),
                                   [](uint8_t byte) { return byte == 0; });
}

bool CastsToFloat(const Rewriter&, const graph::Node& node) {
  const auto* cast = ops::As<ops::Cast>(node);
  return cast && cast->to == DType::kFloat32;
}

bool IsFloatVector(const Tensor& tensor, int64_t size) {
  return tensor.dtype() == DType::kFloat32 && tensor.rank() == 1 && tensor.dim(0) == size;
}

}  // namespace

Result<bool> FuseDynamicQuantizedLinear(graph::Graph& graph, const PassContext& ctx) {
  const auto x = Any("x");
  const auto weight = Constant("weight"), weight_scale = Constant("weight scale"), bias = Constant("bias");
  const auto quantized = Op("DynamicQuantizeLinear", {x}).Shared();
  const auto sums = Op("MatMulInteger", {quantized, weight, Output(quantized, 2)})
                        .Where(HasSymmetricWeights, "a constant int8 matrix with zero points of 0");
  const auto floats = Op("Cast", {sums}).Where(CastsToFloat, "Cast to float32");
  const auto scaled = floats * (Output(quantized, 1) * weight_scale).Shared();

  Rewriter rewriter(graph, ctx);
  for (const Pattern& pattern : {scaled + bias, scaled}) {
    for (size_t i = 0; i < rewriter.node_count(); ++i) {
      const auto match = rewriter.Find(pattern, i, 3);
      if (!match) continue;
      const int64_t columns = rewriter.constant((*match)[weight])->dim(1);
      const Tensor& scale = *rewriter.constant((*match)[weight_scale]);
      const Tensor* biases = rewriter.constant((*match)[bias]);
      if (scale.rank() > 1 || (scale.element_count() != 1 && !IsFloatVector(scale, columns)) ||
          (biases && !IsFloatVector(*biases, columns))) {
        rewriter.Miss(i, StrCat("expected a scale, and a bias if any, for each of the ", columns, " columns"));
        continue;
      }
      std::vector<graph::ValueId> inputs = {(*match)[x], (*match)[weight], (*match)[weight_scale]};
      if (biases) inputs.push_back((*match)[bias]);
      ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, {"DynamicQuantizedLinear", std::move(inputs), {}, "onedge"}).status());
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
