#include "ops/registry.h"

#include <algorithm>
#include <iterator>

namespace onedge::ops {

// The one table: domain, name, first and last opset, parser. Sorted by name within a domain.
static constexpr OpEntry kOps[] = {
    {"", "AveragePool", 1, kLatest, Parse<struct AveragePool>},
    {"", "BatchNormalization", 1, kLatest, Parse<struct BatchNormalization>},
    {"", "Concat", 1, kLatest, Parse<struct Concat>},
    {"", "Constant", 1, kLatest, Parse<struct Constant>},
    {"", "ConstantOfShape", 9, kLatest, Parse<struct ConstantOfShape>},
    {"", "Conv", 1, kLatest, Parse<struct Conv>},
    {"", "ConvInteger", 10, kLatest, Parse<struct ConvInteger>},
    {"", "DynamicQuantizeLinear", 11, kLatest, Parse<struct DynamicQuantizeLinear>},
    {"", "Expand", 8, kLatest, Parse<struct Expand>},
    {"", "Flatten", 1, kLatest, Parse<struct Flatten>},
    {"", "Gather", 1, kLatest, Parse<struct Gather>},
    {"", "Gemm", 1, kLatest, Parse<struct Gemm>},
    {"", "GlobalAveragePool", 1, kLatest, Parse<struct GlobalAveragePool>},
    {"", "GlobalLpPool", 1, kLatest, Parse<struct GlobalLpPool>},
    {"", "GlobalMaxPool", 1, kLatest, Parse<struct GlobalMaxPool>},
    {"", "Identity", 1, kLatest, Parse<struct Identity>},
    {"", "If", 1, kLatest, Parse<struct If>},
    {"", "LRN", 1, kLatest, Parse<struct LRN>},
    {"", "LayerNormalization", 17, kLatest, Parse<struct LayerNormalization>},
    {"", "Loop", 1, kLatest, Parse<struct Loop>},
    {"", "LpPool", 1, kLatest, Parse<struct LpPool>},
    {"", "MatMul", 1, kLatest, Parse<struct MatMul>},
    {"", "MatMulInteger", 10, kLatest, Parse<struct MatMulInteger>},
    {"", "MaxPool", 1, kLatest, Parse<struct MaxPool>},
    {"", "Pad", 1, kLatest, Parse<struct Pad>},
    {"", "QLinearConv", 10, kLatest, Parse<struct QLinearConv>},
    {"", "QLinearMatMul", 10, kLatest, Parse<struct QLinearMatMul>},
    {"", "RMSNormalization", 23, kLatest, Parse<struct RMSNormalization>},
    {"", "Reshape", 1, kLatest, Parse<struct Reshape>},
    {"", "Shape", 1, kLatest, Parse<struct ShapeOp>},
    {"", "Size", 1, kLatest, Parse<struct Size>},
    {"", "Slice", 1, kLatest, Parse<struct Slice>},
    {"", "Split", 1, kLatest, Parse<struct Split>},
    {"", "Squeeze", 1, kLatest, Parse<struct Squeeze>},
    {"", "Tile", 1, kLatest, Parse<struct Tile>},
    {"", "Transpose", 1, kLatest, Parse<struct Transpose>},
    {"", "Unsqueeze", 1, kLatest, Parse<struct Unsqueeze>},
    {"com.microsoft", "DynamicQuantizeMatMul", 1, kLatest, Parse<struct DynamicQuantizeMatMul>},
    {"com.microsoft", "FusedMatMul", 1, kLatest, Parse<struct FusedMatMul>},
    {"com.microsoft", "MatMulIntegerToFloat", 1, kLatest, Parse<struct MatMulIntegerToFloat>},
    {"com.microsoft", "SkipLayerNormalization", 1, kLatest, Parse<struct SkipLayerNormalization>},
    {"onedge", "DynamicQuantizedLinear", 1, kLatest, Parse<struct DynamicQuantizedLinear>},
    {"onedge", "Linear", 1, kLatest, Parse<struct Linear>},
    {"onedge", "ScaledDotProductAttention", 1, kLatest, Parse<struct ScaledDotProductAttention>},
};

std::span<const OpEntry> AllOps() { return kOps; }

const OpEntry* FindOp(std::string_view domain, std::string_view name, int64_t opset) {
  const auto found = std::find_if(std::begin(kOps), std::end(kOps), [&](const OpEntry& entry) {
    return entry.name == name && entry.domain == domain && entry.first_opset <= opset && opset <= entry.last_opset;
  });
  return found == std::end(kOps) ? nullptr : found;
}

Status ResolveOp(graph::Node& node) {
  const OpEntry* entry = FindOp(node.domain, node.op_type, node.opset);
  if (!entry) {
    return Unsupported("operator ", node.domain.empty() ? "ai.onnx" : node.domain, ".", node.op_type,
                       " is not supported in opset ", node.opset)
        .WithNode(node.name, node.op_type);
  }
  AttributeReader attrs(node);
  Result<OpPtr> op = entry->parse(attrs);
  Status status = op.ok() ? attrs.Finish() : op.status();
  if (!status.ok()) return std::move(status).WithNode(node.name, node.op_type);
  node.op = *op;
  return OkStatus();
}

Status ResolveOps(graph::Graph& graph) {
  for (graph::Node& node : graph.nodes) {
    for (graph::Attribute& attribute : node.attributes) {
      if (auto* one = std::get_if<std::shared_ptr<graph::Graph>>(&attribute.value)) {
        ONEDGE_RETURN_IF_ERROR(ResolveOps(**one));
      }
    }
    ONEDGE_RETURN_IF_ERROR(ResolveOp(node));
  }
  return OkStatus();
}

}  // namespace onedge::ops
