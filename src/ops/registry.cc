#include "ops/registry.h"

#include <algorithm>
#include <iterator>

namespace onedge::ops {

// The one table: domain, name, first and last opset, parser. Sorted by name within a domain.
static constexpr OpEntry kOps[] = {
    {"", "Concat", 1, kLatest, Parse<struct Concat>},
    {"", "Constant", 1, kLatest, Parse<struct Constant>},
    {"", "ConstantOfShape", 9, kLatest, Parse<struct ConstantOfShape>},
    {"", "Expand", 8, kLatest, Parse<struct Expand>},
    {"", "Flatten", 1, kLatest, Parse<struct Flatten>},
    {"", "Gather", 1, kLatest, Parse<struct Gather>},
    {"", "Identity", 1, kLatest, Parse<struct Identity>},
    {"", "If", 1, kLatest, Parse<struct If>},
    {"", "Loop", 1, kLatest, Parse<struct Loop>},
    {"", "Pad", 1, kLatest, Parse<struct Pad>},
    {"", "Reshape", 1, kLatest, Parse<struct Reshape>},
    {"", "Shape", 1, kLatest, Parse<struct ShapeOp>},
    {"", "Size", 1, kLatest, Parse<struct Size>},
    {"", "Slice", 1, kLatest, Parse<struct Slice>},
    {"", "Split", 1, kLatest, Parse<struct Split>},
    {"", "Squeeze", 1, kLatest, Parse<struct Squeeze>},
    {"", "Tile", 1, kLatest, Parse<struct Tile>},
    {"", "Transpose", 1, kLatest, Parse<struct Transpose>},
    {"", "Unsqueeze", 1, kLatest, Parse<struct Unsqueeze>},
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
