// Program: a graph made ready to run: each node with its kernel, each value with its last reader, subgraphs likewise.
// Immutable once made; shared by all sessions.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "backends/kernel.h"
#include "graph/graph.h"

namespace onedge::runtime {

struct Program {
  static constexpr size_t kNever = static_cast<size_t>(-1);

  // Lowers every node through `backend` (null: portable kernels only), then drops the constants that kernels have
  // packed.
  static Result<std::unique_ptr<const Program>> Lower(graph::Graph& graph, const backends::Backend* backend, bool exact,
                                                      MemoryBudget* budget);

  const graph::Graph* graph = nullptr;
  std::vector<std::unique_ptr<const backends::Kernel>> kernels;  // by node; null: node.op->Run
  std::vector<std::vector<graph::ValueId>> last_reads;           // by node: values that nothing reads after it
  std::map<const graph::Graph*, std::unique_ptr<const Program>> subprograms;
};

}  // namespace onedge::runtime
