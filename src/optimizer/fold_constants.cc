// fold-constants: runs nodes with only constant inputs once, instead of in every run.
#include <algorithm>

#include "ops/eager.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

// Below this size folding always pays. Above it, a result that is larger than its inputs (a dequantized int8 table, an
// expanded vector) would cost memory and save no download.
constexpr size_t kSmallBytes = 64 * 1024;
// Sums of sizes below this cannot overflow, even in 32 bits.
constexpr size_t kAbsurdBytes = size_t{1} << 28;

bool IsFoldable(const graph::Graph& graph, const Node& node) {
  if (!node.op->deterministic() || !node.Subgraphs().empty()) return false;
  size_t input_bytes = 0;
  for (ValueId id : node.inputs) {
    if (id == kNoValue) continue;
    const Tensor* constant = graph.FindConstant(id);
    if (!constant) return false;
    input_bytes += constant->byte_size();
  }
  size_t output_bytes = 0;
  for (ValueId id : node.outputs) {
    if (id == kNoValue) continue;
    const graph::TypeInfo& type = graph.values[static_cast<size_t>(id)].type;
    if (!type.is_tensor() || type.dtype == DType::kUndefined) return false;
    // An unknown shape depends on data (NonZero). The result may be larger than its input, so the node is not folded.
    const auto shape = type.dims ? graph::ShapeOf(*type.dims) : std::nullopt;
    if (!shape || !shape->Check().ok()) return false;
    const auto bytes = DTypeBytes(type.dtype, static_cast<size_t>(shape->element_count()));
    if (!bytes || *bytes > kAbsurdBytes) return false;
    output_bytes += *bytes;
  }
  return output_bytes <= std::max(kSmallBytes, input_bytes);
}

}  // namespace

Result<bool> FoldConstants(graph::Graph& graph, const PassContext& ctx) {
  bool changed = false;
  std::vector<Node> kept;
  for (Node& node : graph.nodes) {
    if (!IsFoldable(graph, node)) {
      kept.push_back(std::move(node));
      continue;
    }
    std::vector<Value> inputs;
    for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Value() : Value(*graph.FindConstant(id)));
    Result<std::vector<Value>> outputs = ops::RunEagerly(*node.op, inputs, node.outputs.size(), {ctx.budget, nullptr});
    if (!outputs.ok()) return std::move(outputs).status().WithNode(node.name, node.op_type);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      Tensor& tensor = (*outputs)[i].tensor();
      graph.values[static_cast<size_t>(node.outputs[i])].type = graph::TypeInfo::Tensor(tensor.dtype(), tensor.shape());
      graph.constants[node.outputs[i]] = std::move(tensor);
    }
    changed = true;
  }
  graph.nodes = std::move(kept);
  if (changed) graph::RemoveDead(graph);
  return changed;
}

}  // namespace onedge::optimizer
