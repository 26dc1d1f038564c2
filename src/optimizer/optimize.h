// Optimize: rewrites a graph into one that computes the same outputs with less work. The passes and their order:
// pass_list.cc.
#pragma once

#include "base/memory_budget.h"
#include "graph/graph.h"

namespace onedge::optimizer {

// REQUIRES: ops::ResolveOps and ops::InferTypes have succeeded. Subgraphs are optimized too.
Status Optimize(graph::Graph& graph, MemoryBudget* budget = nullptr);

}  // namespace onedge::optimizer
