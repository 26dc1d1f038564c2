// fuse-dynamic-quantized-linear: DynamicQuantizeLinear -> MatMulInteger -> Cast -> Mul by both scales [-> Add a bias],
// with constant int8 weights of zero point 0, becomes onedge.DynamicQuantizedLinear, which computes the same bits.
#include <algorithm>

#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

bool IsZero(const Tensor& tensor) {
  return std::all_of(tensor.bytes(), tensor.bytes() + tensor.byte_size(), [](uint8_t byte) { return byte == 0; });
}

struct Match {
  ValueId x, weight, weight_scale, bias;
  size_t last;  // the node to replace
};

std::optional<Match> MatchFrom(const Rewriter& rewriter, const Node& matmul) {
  if (matmul.inputs.size() < 3) return std::nullopt;
  const Node* quantize = rewriter.Producer(matmul.inputs[0], "DynamicQuantizeLinear");
  if (!quantize || quantize->outputs.size() != 3 || quantize->outputs[0] != matmul.inputs[0] ||
      quantize->outputs[2] != matmul.inputs[2]) {
    return std::nullopt;
  }
  const Tensor* weight = rewriter.constant(matmul.inputs[1]);
  if (!weight || weight->dtype() != DType::kInt8 || weight->rank() != 2) return std::nullopt;
  if (matmul.inputs.size() > 3 && matmul.inputs[3] != kNoValue) {
    const Tensor* zero_point = rewriter.constant(matmul.inputs[3]);
    if (!zero_point || !IsZero(*zero_point)) return std::nullopt;
  }
  const auto cast = rewriter.OnlyReader(matmul.outputs[0], "Cast");
  if (!cast || rewriter.type(rewriter.node(*cast).outputs[0]).dtype != DType::kFloat32) return std::nullopt;
  const ValueId sums = rewriter.node(*cast).outputs[0];
  const auto scaled = rewriter.OnlyReader(sums, "Mul");
  if (!scaled) return std::nullopt;
  const Node* scales = rewriter.Producer(rewriter.OtherInput(rewriter.node(*scaled), sums), "Mul");
  const auto split = scales ? rewriter.SplitConstant(*scales) : std::nullopt;
  if (!split || split->variable != quantize->outputs[1]) return std::nullopt;
  const Tensor& scale = *split->constant;
  const bool per_column = scale.rank() == 1 && scale.dim(0) == weight->dim(1);
  if (scale.dtype() != DType::kFloat32 || (scale.element_count() != 1 && !per_column) || scale.rank() > 1) {
    return std::nullopt;
  }
  Match match{quantize->inputs[0], matmul.inputs[1], split->constant_id, kNoValue, *scaled};
  const ValueId product = rewriter.node(*scaled).outputs[0];
  if (const auto add = rewriter.OnlyReader(product, "Add")) {
    const ValueId bias_id = rewriter.OtherInput(rewriter.node(*add), product);
    const Tensor* bias = bias_id == kNoValue ? nullptr : rewriter.constant(bias_id);
    if (bias && bias->rank() == 1 && bias->dim(0) == weight->dim(1)) {
      match.bias = bias_id;
      match.last = *add;
    }
  }
  return match;
}

}  // namespace

Result<bool> FuseDynamicQuantizedLinear(graph::Graph& graph, const PassContext&) {
  Rewriter rewriter(graph);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    if (rewriter.node(i).op_type != "MatMulInteger" || !rewriter.node(i).domain.empty()) continue;
    const auto match = MatchFrom(rewriter, rewriter.node(i));
    if (!match) continue;
    std::vector<ValueId> inputs = {match->x, match->weight, match->weight_scale};
    if (match->bias != kNoValue) inputs.push_back(match->bias);
    ONEDGE_RETURN_IF_ERROR(
        rewriter.Replace(match->last, {"DynamicQuantizedLinear", std::move(inputs), {}, "onedge"}).status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
