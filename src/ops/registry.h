// The operator registry: which operators there are, in which domain, for which opsets. See registry.cc for the table.
#pragma once

#include <limits>
#include <span>
#include <string_view>

#include "ops/op.h"

namespace onedge::ops {

// An entry that no later opset has changed.
inline constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

struct OpEntry {
  std::string_view domain;  // "" is ai.onnx
  std::string_view name;
  int64_t first_opset;
  int64_t last_opset;  // inclusive
  Result<OpPtr> (*parse)(AttributeReader& attrs);
};

// Every entry, ordered by domain and name.
std::span<const OpEntry> AllOps();

// Null when this build has no such operator in that opset.
const OpEntry* FindOp(std::string_view domain, std::string_view name, int64_t opset);

// Sets node.op. kUnsupported, naming the operator, where the registry lacks it.
Status ResolveOp(graph::Node& node);
// For every node, subgraphs included.
Status ResolveOps(graph::Graph& graph);

}  // namespace onedge::ops
