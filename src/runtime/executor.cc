#include "runtime/executor.h"

#include <chrono>

namespace onedge::runtime {
namespace {

using Clock = std::chrono::steady_clock;

// Releases values outside the arena as soon as nothing reads them any more.
void ReleaseDead(const Program& program, Plan* plan, size_t node, std::vector<Value>& values) {
  for (graph::ValueId id : program.last_reads[node]) {
    if (plan && plan->planned(id).place != Plan::Place::kDynamic && plan->planned(id).place != Plan::Place::kAlias)
      continue;
    values[static_cast<size_t>(id)] = Value();
  }
}

}  // namespace

void Executor::Begin(Plan* plan, const Buffer& arena, std::vector<Value>& values) {
  ctx_.Begin(plan, arena, values);
  plan_ = plan;
  values_ = &values;
  next_ = 0;
  inside_ = false;
}

Result<RunProgress> Executor::Step(Deadline until) {
  const size_t count = program_.graph->nodes.size();
  while (next_ < count) {
    if (plan_ && plan_->step(next_).skip) {
      ++next_;
      continue;
    }
    const graph::Node& node = program_.graph->nodes[next_];
    ONEDGE_RETURN_IF_ERROR(ctx_.CheckCancelled());
    if (!inside_) {
      ONEDGE_RETURN_IF_ERROR(ctx_.Enter(next_));
      inside_ = true;
      micros_ = 0;
    }
    std::vector<StepProfile>* profile = state_.options.profile;
    const auto start = profile ? Clock::now() : Clock::time_point();
    Result<RunProgress> progress = ctx_.Run(until);
    if (!progress.ok()) return std::move(progress).status().WithNode(node.name, node.op_type);
    if (profile) micros_ += std::chrono::duration<double, std::micro>(Clock::now() - start).count();
    if (*progress != RunProgress::kDone) return progress;
    if (profile) profile->push_back({node.name, node.op_type, program_.kernels[next_] != nullptr, micros_});
    ctx_.Leave();
    ReleaseDead(program_, plan_, next_, *values_);
    inside_ = false;
    ++next_;
    if (next_ < count && until != kNoDeadline && Clock::now() >= until) return RunProgress::kMore;
  }
  return RunProgress::kDone;
}

}  // namespace onedge::runtime
