// Session: runs a Model. Holds the arena and the plans; one run at a time. For concurrent runs make several Sessions of
// one Model.
#pragma once

#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "runtime/model.h"
#include "runtime/run.h"

namespace onedge::runtime {

struct SessionOptions {
  ThreadPool* threads = nullptr;          // null: only the caller's thread; otherwise must outlive the Session
  MemoryBudget* budget = nullptr;         // for the arena and memory allocated in a run; null: the Model's budget
  MemoryBudget* device_budget = nullptr;  // for device memory of this session; null: the Model's device_budget
  size_t max_cached_plans = 16;  // one for each combination of input shapes; the least recently used is dropped
};

class Executor;
class Plan;
struct RunState;
struct StateLayout;

class Session {
 public:
  static Result<std::unique_ptr<Session>> Create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options = {});
  ~Session();

  // Starts a run, which advances with Run::Step. Inputs in any order, each of the model's exactly once; checked against
  // the signature, and copied if they lie in the session's arena (outputs of earlier runs). Fails before any node runs
  // if the plan needs more memory than the budget allows. kInvalidArgument while another run has not ended.
  Result<runtime::Run> Start(std::span<const NamedValue> inputs, RunOptions options = {});
  // Start, and Step to the end. Returns the outputs in the model's order. They are valid until the next run; Clone
  // those that must live longer.
  Result<std::span<const Value>> Run(std::span<const NamedValue> inputs, const RunOptions& options = {});

  // A run goes on: no other can start.
  bool running() const { return running_ != nullptr; }
  const Model& model() const { return *model_; }
  // Bytes of the arena: the activations of the largest plan so far.
  size_t arena_bytes() const { return arena_.size(); }
  size_t cached_plans() const { return plans_.size(); }
  // Number of arena layouts since the session was made.
  size_t plans_made() const { return plans_made_; }

 private:
  friend class runtime::Run;
  Session(std::shared_ptr<const Model> model, const SessionOptions& options);
  Status BindInputs(std::span<const NamedValue> inputs, const State* state);
  Result<Plan*> FindOrMakePlan();
  void Keep(std::unique_ptr<Plan> plan);
  Status BindArena(Plan& plan);
  Status TakeOutputs();
  // session_state.cc
  Status CheckState(const State& state) const;
  Result<Plan*> FindOrMakePlan(State& state);
  StateLayout LayoutOf(const State& state) const;
  Result<bool> GrowState(const Plan& plan, State& state);
  Status BindState(State& state);
  Status AdvanceState(State& state);
  Result<RunProgress> StepRun(Deadline until);
  void EndRun();

  std::shared_ptr<const Model> model_;
  SessionOptions options_;
  BackendSessions backends_;  // in the order of model_->backends(); plans_ refer to them
  Buffer arena_;
  std::list<std::unique_ptr<Plan>> plans_;  // most recently used first
  std::vector<const Value*> bound_inputs_;  // in the model's order, during a run
  std::vector<Value> outputs_;
  size_t plans_made_ = 0;
  std::vector<Value> state_values_;  // of a run's state, in the order of its pairs
  Plan* running_ = nullptr;          // of the unfinished run; null: none
  RunOptions run_options_;
  std::unique_ptr<RunState> run_state_;
  std::unique_ptr<Executor> executor_;
};

}  // namespace onedge::runtime
