// Executor: runs the nodes of a Program in order, with a Plan or without one (subgraphs, whose shapes vary), and can
// stop after each node. Belongs to one run, or to one Session, which reuses it for its runs.
#pragma once

#include <vector>

#include "runtime/step_context.h"

namespace onedge::runtime {

class Executor {
 public:
  // Both must outlive the Executor.
  Executor(const Program& program, RunState& state) : program_(program), state_(state), ctx_(program, state) {}

  // Goes to the first node. `values`, by ValueId, holds inputs, captures and constants; once all nodes have run, also
  // the graph's outputs. `plan` may be null; then every output is allocated under the budget when its node runs.
  // `arena` is the plan's. All of them must outlive the run.
  void Begin(Plan* plan, const Buffer& arena, std::vector<Value>& values);
  // Runs the next node, then further ones until `until` has passed. kDone: all have run.
  Result<RunProgress> Step(Deadline until);
  // Releases the state of an unfinished node.
  void End() { ctx_.Leave(); }

 private:
  const Program& program_;
  RunState& state_;
  StepContext ctx_;
  Plan* plan_ = nullptr;
  std::vector<Value>* values_ = nullptr;
  size_t next_ = 0;
  bool inside_ = false;  // node `next_` has started and not finished
  double micros_ = 0;    // time of node `next_` so far
};

}  // namespace onedge::runtime
