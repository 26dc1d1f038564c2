// StepContext: the OpContext of one node of a Program after another, in one run.
#pragma once

#include <list>
#include <memory>
#include <vector>

#include "ops/infer_types.h"
#include "runtime/plan.h"
#include "runtime/run.h"

namespace onedge::runtime {

// Shared by a run among the program and its subprograms.
struct RunState {
  const RunOptions& options;
  const BackendSessions& backends;
  ThreadPool* threads;
  MemoryBudget* budget;
  size_t copied_bytes = 0;  // of a State's values, for operators that cannot read them in place
};

class StepContext final : public ops::OpContext {
 public:
  StepContext(const Program& program, RunState& state);
  ~StepContext();

  // See Executor::Begin.
  void Begin(Plan* plan, const Buffer& arena, std::vector<Value>& values);
  Status Enter(size_t node);
  // Runs the entered node. Call it again unless it returns kDone, then call Leave. If the node runs subgraphs, it stops
  // between two of their nodes once `until` has passed.
  Result<RunProgress> Run(Deadline until);
  void Leave();

  bool WantsOutput(size_t i) const override {
    return HasOutput(i) && !(plan_ && plan_->planned(node_->outputs[i]).unread);
  }
  Result<Tensor*> Output(size_t i, DType dtype, const Shape& shape) override;
  Status SetOutput(size_t i, Value value) override;
  std::optional<int64_t> InPlaceRoom(size_t i) const override;
  Value TakeInput(size_t i) override;
  Result<uint8_t*> Workspace(size_t bytes) override;
  Result<std::vector<Value>> RunSubgraph(const graph::Graph& subgraph, std::span<const Value> inputs) override;
  graph::TypeInfo InferredType(size_t i) const override;
  // Also kDeadlineExceeded.
  Status CheckCancelled() const override;

 private:
  struct Subrun;  // of one subgraph, which may stop in the middle

  bool HasOutput(size_t i) const { return i < node_->outputs.size() && node_->outputs[i] != graph::kNoValue; }
  Result<Value> WithoutRoom(graph::ValueId id);
  bool TryAlias();
  Result<RunProgress> RunKernel();
  Result<backends::Step*> FindOrPlanStep();
  Result<std::unique_ptr<backends::Step>> PlanStep(std::span<const graph::TypeInfo> outputs, bool for_shapes) const;
  Result<std::vector<graph::TypeInfo>> InferOutputs(bool for_shapes) const;
  void SetKnown(ops::KnownValues& known) const;
  Result<RunProgress> RunSubgraphs(Deadline until);
  // Moves the inputs into the subgraph.
  Status BeginSubgraph(const graph::Graph& subgraph, std::span<Value> inputs, std::unique_ptr<Subrun>& run);
  void EndSubgraph(std::unique_ptr<Subrun>& run);

  const Program& program_;
  const graph::Graph& graph_;
  RunState& state_;
  Plan* plan_ = nullptr;
  const Buffer* arena_ = nullptr;
  std::vector<Value>* values_ = nullptr;
  size_t index_ = 0;
  const graph::Node* node_ = nullptr;
  std::list<Value> dense_;                   // copies of inputs that are in rooms
  InlineVector<const Value*, 16> pointers_;  // inline: a steady run allocates nothing
  backends::Step* pending_ = nullptr;
  std::unique_ptr<backends::Step> dynamic_step_;  // of a node that was not planned
  // By node: the last step that was made for shapes alone, and these shapes. A body of a Loop plans its kernels once.
  struct StepForShapes {
    std::vector<std::optional<Shape>> inputs;  // nullopt: not a tensor
    std::unique_ptr<backends::Step> step;
  };
  std::vector<StepForShapes> steps_;
  Buffer dynamic_workspace_;
  std::list<Tensor> discarded_;
  std::unique_ptr<ops::SubgraphRuns> subgraphs_;  // of a node that is inside them
  std::unique_ptr<Subrun> subrun_;
  std::vector<std::unique_ptr<Subrun>> idle_;  // of this program's subgraphs, with the steps of their kernels
  std::vector<Value> passed_;                  // between subgraphs_ and subrun_
};

}  // namespace onedge::runtime
