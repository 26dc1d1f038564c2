// Partition: gathers the nodes that a backend claims into regions, each a node onedge.Region whose body holds claimed
// nodes and their constants. Regions are convex (no path leaves one and comes back) and as large as that allows. Shape
// arithmetic is nobody's: the planner computes it, and a region gets copies of what follows from shapes inside it.
#pragma once

#include <span>

#include "backends/kernel.h"
#include "graph/graph.h"

namespace onedge::runtime {

// For each backend in order of preference; also in the subgraphs of nodes that no backend claims.
// REQUIRES: operators are resolved, types inferred, nodes in order. Keeps all three.
Status Partition(graph::Graph& graph, std::span<const backends::Backend* const> backends);

}  // namespace onedge::runtime
