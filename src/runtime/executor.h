// The executor: runs the nodes of a Program in order, with a Plan or without one (subgraphs, whose shapes vary).
#pragma once

#include <vector>

#include "runtime/plan.h"
#include "runtime/session.h"

namespace onedge::runtime {

// What one run shares among the program and its subprograms.
struct RunState {
  const RunOptions& options;
  const BackendSessions& backends;
  ThreadPool* threads;
  MemoryBudget* budget;
};

// Runs every node. `values`, by ValueId, holds inputs and captures, and constants; afterwards the graph's outputs too.
// `plan` may be null; then every output is allocated under the budget when its node runs. `arena` is the plan's.
Status RunProgram(const Program& program, Plan* plan, const Buffer& arena, std::vector<Value>& values, RunState& state);

}  // namespace onedge::runtime
