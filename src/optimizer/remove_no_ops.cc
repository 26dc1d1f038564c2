// remove-no-ops: drops nodes whose output is their input: Identity, inactive Dropout, Cast to the same dtype, Transpose
// without effect, Concat of one input.
#include "ops/math/cast.h"
#include "ops/movement/transpose.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;

bool IsInactiveDropout(const Node& node) {
  if (node.op_type != "Dropout" || (node.outputs.size() > 1 && node.outputs[1] != kNoValue)) return false;
  if (node.opset < 7) {  // training, unless is_test says otherwise
    const graph::Attribute* is_test = node.FindAttribute("is_test");
    const int64_t* value = is_test ? std::get_if<int64_t>(&is_test->value) : nullptr;
    return value && *value != 0;
  }
  return node.inputs.size() < 3 || node.inputs[2] == kNoValue;  // no training_mode
}

bool IsNoOp(const graph::Graph& graph, const Node& node) {
  if (!node.domain.empty() || node.inputs.empty() || node.inputs[0] == kNoValue) return false;
  if (node.outputs.empty() || node.outputs[0] == kNoValue) return false;
  if (node.op_type == "Identity" || IsInactiveDropout(node)) return true;
  if (node.op_type == "Concat") return node.inputs.size() == 1;
  const graph::TypeInfo& type = graph.values[static_cast<size_t>(node.inputs[0])].type;
  if (const auto* cast = ops::As<ops::Cast>(node)) {
    return !cast->like && type.is_tensor() && type.dtype != DType::kUndefined && type.dtype == cast->to;
  }
  const auto* transpose = ops::As<ops::Transpose>(node);
  if (!transpose || !transpose->perm) return false;
  // Of a tensor of another rank, Transpose is an error.
  if (!type.dims || type.dims->size() != transpose->perm->size()) return false;
  for (size_t i = 0; i < transpose->perm->size(); ++i) {
    if ((*transpose->perm)[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

}  // namespace

Result<bool> RemoveNoOps(graph::Graph& graph, const PassContext& ctx) {
  Rewriter rewriter(graph, ctx);
  for (const Node& node : graph.nodes) {
    // A node that makes a graph output stays: the output's name needs a maker.
    if (!IsNoOp(graph, node) || rewriter.is_output(node.outputs[0])) continue;
    rewriter.Redirect(node.outputs[0], node.inputs[0]);
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
