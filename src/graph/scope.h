// Scope: a graph and the graphs around it, which hold the values that it captures.
#pragma once

#include "graph/graph.h"

namespace onedge::graph {

struct Scope {
  const Graph& graph;
  const Scope* outer = nullptr;

  // The constant with this id, directly or captured. Null: `id` is not a constant.
  const Tensor* FindConstant(ValueId id) const;
};

// Every graph among the attributes of a node.
std::vector<Graph*> MutableSubgraphs(Node& node);

}  // namespace onedge::graph
