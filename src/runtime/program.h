// Program: a graph that is ready to run: each node with its kernel, each value with its last reader, and the same for
// subgraphs. Immutable once made; shared by all sessions.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/kernel.h"
#include "graph/graph.h"

namespace onedge::runtime {

// Backends in order of preference, and the session that each has opened.
using Backends = std::vector<const backends::Backend*>;
using BackendSessions = std::vector<std::unique_ptr<backends::BackendSession>>;

struct LowerOptions {
  bool exact = false;                     // see backends::LowerContext
  MemoryBudget* budget = nullptr;         // for packed weights; null: not counted
  MemoryBudget* device_budget = nullptr;  // for weights on a device; null: not counted
  std::string* used = nullptr;            // see ModelOptions
};

struct Program {
  // Offers every node to the backends, the preferred one first. If no backend takes a node with subgraphs, the nodes of
  // its subgraphs are offered. Constants that kernels have packed and nobody else reads leave the graph; its values
  // keep their types.
  static Result<std::unique_ptr<const Program>> Lower(graph::Graph& graph, const Backends& backends,
                                                      const LowerOptions& options);

  // The step of a lowered node, in the session of its backend.
  Result<std::unique_ptr<backends::Step>> Plan(size_t node, const backends::NodeShapes& shapes,
                                               const BackendSessions& sessions) const {
    return kernels[node]->Plan(shapes, sessions[backend_of[node]].get());
  }

  const graph::Graph* graph = nullptr;
  // Former constants of the graph: only kernels hold their elements. `graph->values` has their types, and no node makes
  // them.
  std::set<graph::ValueId> packed;
  // By node; null: node.op->Run. Nodes of several graphs with the same weights share a kernel.
  std::vector<std::shared_ptr<const backends::Kernel>> kernels;
  std::vector<size_t> backend_of;                       // by node: index of the backend that lowered it
  std::vector<std::vector<graph::ValueId>> last_reads;  // by node: values that nothing reads after it
  std::map<const graph::Graph*, std::unique_ptr<const Program>> subprograms;
};

}  // namespace onedge::runtime
