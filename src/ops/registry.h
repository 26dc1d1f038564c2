// The operator registry: the supported operators with their domains and opsets. registry.cc has the table.
#pragma once

#include <limits>
#include <string_view>

#include "ops/op.h"

namespace onedge::ops {

// For an entry that no later opset has changed.
inline constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

struct OpEntry {
  std::string_view domain;  // "" is ai.onnx
  std::string_view name;
  int64_t first_opset;
  int64_t last_opset;  // inclusive
  Result<OpPtr> (*parse)(AttributeReader& attrs);
};

// Null if this build lacks the operator in that opset.
const OpEntry* FindOp(std::string_view domain, std::string_view name, int64_t opset);

// Sets node.op. kUnsupported if the registry lacks the operator; the message names it.
Status ResolveOp(graph::Node& node);
// Does so for every node, subgraphs included.
Status ResolveOps(graph::Graph& graph);

}  // namespace onedge::ops
