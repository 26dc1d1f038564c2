// remove-no-ops: drops nodes whose output is their input: Identity, inactive Dropout, Cast to the same dtype, Transpose
// that moves nothing, Concat of one input.
#include <numeric>

#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;

bool IsInactiveDropout(const Node& node) {
  if (node.op_type != "Dropout" || (node.outputs.size() > 1 && node.outputs[1] != kNoValue)) return false;
  if (node.opset < 7) {  // training unless is_test says otherwise
    const graph::Attribute* is_test = node.FindAttribute("is_test");
    const int64_t* value = is_test ? std::get_if<int64_t>(&is_test->value) : nullptr;
    return value && *value != 0;
  }
  return node.inputs.size() < 3 || node.inputs[2] == kNoValue;  // no training_mode
}

bool IsNoOp(const graph::Graph& graph, const Node& node) {
  if (!node.domain.empty() || node.inputs.empty() || node.inputs[0] == kNoValue) return false;
  if (node.op_type == "Identity" || IsInactiveDropout(node)) return true;
  if (node.op_type == "Concat") return node.inputs.size() == 1;
  const graph::TypeInfo& type = graph.values[static_cast<size_t>(node.inputs[0])].type;
  if (node.op_type == "Cast") {
    const graph::Attribute* to = node.FindAttribute("to");
    const int64_t* dtype = to ? std::get_if<int64_t>(&to->value) : nullptr;
    return dtype && type.is_tensor() && type.dtype != DType::kUndefined && *dtype == static_cast<int64_t>(type.dtype);
  }
  if (node.op_type == "Transpose") {
    const graph::Attribute* perm = node.FindAttribute("perm");
    const auto* axes = perm ? std::get_if<std::vector<int64_t>>(&perm->value) : nullptr;
    if (!axes) return false;
    std::vector<int64_t> unmoved(axes->size());
    std::iota(unmoved.begin(), unmoved.end(), int64_t{0});
    return *axes == unmoved;
  }
  return false;
}

}  // namespace

Result<bool> RemoveNoOps(graph::Graph& graph, const PassContext&) {
  Rewriter rewriter(graph);
  const graph::Consumers consumers(graph);
  for (const Node& node : graph.nodes) {
    // A graph output keeps its node: its name must be made by somebody.
    if (!IsNoOp(graph, node) || consumers.is_output[static_cast<size_t>(node.outputs[0])]) continue;
    rewriter.Redirect(node.outputs[0], node.inputs[0]);
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
