// Session: runs a Model. Holds the arena and the plans; one run at a time. For concurrent runs make several Sessions of
// one Model.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "runtime/model.h"
#include "runtime/run_options.h"
#include "tensor/value.h"

namespace onedge::runtime {

struct SessionOptions {
  ThreadPool* threads = nullptr;   // null: the caller's thread alone; otherwise outlives the Session
  MemoryBudget* budget = nullptr;  // for the arena and for what is allocated in a run; null: the Model's budget
  size_t max_cached_plans = 16;    // one plan for each combination of input shapes; the least recently used one goes
};

class Plan;

class Session {
 public:
  static Result<std::unique_ptr<Session>> Create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options = {});
  ~Session();

  // Inputs in any order, each of the model's exactly once; checked against the signature. Fails before running when the
  // memory that the plan needs exceeds the budget. Returns the outputs in the model's order. They are valid until the
  // next Run; Clone what must live longer. They may be inputs of that next Run, which then copies those in the arena.
  Result<std::span<const Value>> Run(std::span<const NamedValue> inputs, const RunOptions& options = {});

  const Model& model() const { return *model_; }
  // Bytes of the arena: the activations of the largest plan so far.
  size_t arena_bytes() const { return arena_.size(); }
  size_t cached_plans() const { return plans_.size(); }

 private:
  Session(std::shared_ptr<const Model> model, const SessionOptions& options);
  Status BindInputs(std::span<const NamedValue> inputs);
  Result<Plan*> FindOrMakePlan();

  std::shared_ptr<const Model> model_;
  SessionOptions options_;
  BackendSessions backends_;  // in the order of model_->backends(); plans_ refer to them
  Buffer arena_;
  std::list<std::unique_ptr<Plan>> plans_;  // most recently used first
  std::vector<const Value*> bound_inputs_;  // in the model's order, during a run
  std::vector<Value> outputs_;
};

}  // namespace onedge::runtime
