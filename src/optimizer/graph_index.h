// GraphIndex: which node makes each value of a graph, and which nodes read it.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace onedge::optimizer {

struct GraphIndex {
  static constexpr size_t kNobody = static_cast<size_t>(-1);

  explicit GraphIndex(const graph::Graph& graph) : producer(graph.values.size(), kNobody), consumers(graph) {
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      for (graph::ValueId id : graph.nodes[i].outputs) {
        if (id != graph::kNoValue) producer[static_cast<size_t>(id)] = i;
      }
    }
  }

  std::vector<size_t> producer;  // by ValueId
  graph::Consumers consumers;
};

}  // namespace onedge::optimizer
