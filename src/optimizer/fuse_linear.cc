// fuse-matmul-add: MatMul by a constant matrix, plus a constant vector, becomes onedge.Linear.
// fuse-linear-activation: an activation that alone reads a Linear becomes part of it.
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {

using graph::Node;

Result<bool> FuseMatMulAdd(graph::Graph& graph, const PassContext&) {
  Rewriter rewriter(graph);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const Node& add = rewriter.node(i);
    if (add.op_type != "Add" || !add.domain.empty()) continue;
    const auto split = rewriter.SplitConstant(add);
    const Node* matmul = split ? rewriter.Producer(split->variable, "MatMul") : nullptr;
    if (!matmul || !rewriter.OnlyReader(split->variable)) continue;
    const Tensor* weight = rewriter.constant(matmul->inputs[1]);
    if (!weight || weight->rank() != 2 || weight->dtype() != DType::kFloat32) continue;
    if (split->constant->rank() != 1 || split->constant->dim(0) != weight->dim(1)) continue;
    // A vector times a matrix has no rows to broadcast the bias over, but adding [N] to [N] is the same; rank 0 cannot
    // be.
    ONEDGE_RETURN_IF_ERROR(
        rewriter.Replace(i, {"Linear", {matmul->inputs[0], matmul->inputs[1], split->constant_id}, {}, "onedge"})
            .status());
  }
  return rewriter.Finish();
}

Result<bool> FuseLinearActivation(graph::Graph& graph, const PassContext&) {
  Rewriter rewriter(graph);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const Node& node = rewriter.node(i);
    if (!node.domain.empty() || node.inputs.empty()) continue;
    std::string activation = node.op_type;
    if (activation != "Relu" && activation != "Gelu" && activation != "Tanh" && activation != "Sigmoid") continue;
    for (const char* fused : {"Linear", "DynamicQuantizedLinear"}) {
      const Node* linear = rewriter.Producer(node.inputs[0], fused, "onedge");
      if (!linear || linear->FindAttribute("activation") || !rewriter.OnlyReader(node.inputs[0])) continue;
      if (const graph::Attribute* approximate = node.FindAttribute("approximate")) {
        const auto* kind = std::get_if<std::string>(&approximate->value);
        if (kind && *kind == "tanh") activation = "GeluTanh";
      }
      std::vector<graph::Attribute> attributes = linear->attributes;
      attributes.push_back({"activation", activation});
      ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, {fused, linear->inputs, std::move(attributes), "onedge"}).status());
      break;
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
