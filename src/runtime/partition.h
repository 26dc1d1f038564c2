// Partition: gathers the nodes that a backend claims into regions. A region is an onedge.Region node whose body holds
// claimed nodes and their constants. Regions are convex (no path leaves one and returns) and as large as possible.
// Shape arithmetic belongs to no region: the planner computes it, and a region gets copies of the part that follows
// from shapes inside it.
#pragma once

#include <span>

#include "backends/kernel.h"
#include "graph/graph.h"

namespace onedge::runtime {

// Runs for each backend in order of preference, also in the subgraphs of nodes that no backend claims.
// REQUIRES: operators are resolved, types inferred, nodes in order. Keeps all three.
Status Partition(graph::Graph& graph, std::span<const backends::Backend* const> backends);

}  // namespace onedge::runtime
