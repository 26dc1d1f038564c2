// Executor: runs the nodes of a Program in order, with a Plan or without one (subgraphs, whose shapes vary), and can
// stop after each of them. Belongs to one run, or to one Session, which uses it for one run after the other.
#pragma once

#include <vector>

#include "runtime/step_context.h"

namespace onedge::runtime {

class Executor {
 public:
  // Both outlive the Executor.
  Executor(const Program& program, RunState& state) : program_(program), state_(state), ctx_(program, state) {}

  // Goes to the first node. `values`, by ValueId, holds inputs and captures, and constants; once all nodes have run the
  // graph's outputs too. `plan` may be null; then every output is allocated under the budget when its node runs.
  // `arena` is the plan's. All of them outlive the run.
  void Begin(Plan* plan, const Buffer& arena, std::vector<Value>& values);
  // Runs the next node, and then more of them until `until` has passed. kDone: all have run.
  Result<RunProgress> Step(Deadline until);
  // Lets go of what a node in the middle holds.
  void End() { ctx_.Leave(); }

 private:
  const Program& program_;
  RunState& state_;
  StepContext ctx_;
  Plan* plan_ = nullptr;
  std::vector<Value>* values_ = nullptr;
  size_t next_ = 0;
  bool inside_ = false;  // of node `next_`, which has not finished
  double micros_ = 0;    // that node `next_` has taken so far
};

}  // namespace onedge::runtime
