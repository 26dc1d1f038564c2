// Optimize: rewrites a graph into one that computes the same outputs with less work. pass_list.cc has the passes and
// their order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.h"
#include "graph/graph.h"

namespace onedge::optimizer {

// A node that partly matched a pattern, and the reason why it was not replaced.
struct Miss {
  std::string_view pass;
  std::string op_type;
  std::string node;
  std::string reason;
};

struct OptimizeOptions {
  MemoryBudget* budget = nullptr;       // for constants that a pass computes
  bool exact = false;                   // the model quantizes at run time: see PassContext
  bool channels_last = false;           // convolutions should have their channels last: see Backend
  std::vector<Miss>* misses = nullptr;  // null: not recorded, which saves time
  std::string* used = nullptr;          // gets "pass <name>;" for each pass that changed a graph; may be null
};

// REQUIRES: ops::ResolveOps and ops::InferTypes have succeeded. Subgraphs are optimized too.
Status Optimize(graph::Graph& graph, const OptimizeOptions& options = {});

}  // namespace onedge::optimizer
