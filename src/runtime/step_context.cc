#include "runtime/step_context.h"

#include <algorithm>

#include "ops/control/type_join.h"
#include "ops/infer_types.h"
#include "runtime/executor.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using graph::ValueId;

size_t Index(ValueId id) { return static_cast<size_t>(id); }

// The type of a value of this run. The type `inferred` before the run says more about a value without elements.
graph::TypeInfo TypeOf(const Value& value, const graph::TypeInfo& inferred) {
  if (value.is_tensor()) return graph::TypeInfo::Tensor(value.tensor().dtype(), value.tensor().shape());
  if (!value.is_sequence() || value.sequence().elements.empty()) return inferred;
  graph::TypeInfo element;
  for (const Value& of : value.sequence().elements) {
    auto joined = ops::JoinTypes(element, TypeOf(of, {}), "element");
    if (!joined.ok()) return inferred;
    element = std::move(joined).value();
  }
  return graph::TypeInfo::Sequence(std::move(element));
}

// Whether the node reads its input `i` in place, in a State's room.
bool ReadsInPlace(const Plan::Step& step, size_t i) {
  return std::any_of(step.in_place.begin(), step.in_place.end(),
                     [i](const Plan::InPlaceOutput& output) { return output.input == i; });
}

bool IsPlanned(Plan::Place place) { return place == Plan::Place::kArena || place == Plan::Place::kState; }

}  // namespace

struct StepContext::Subrun {
  Subrun(const graph::Graph& subgraph, const Program& program, RunState& state)
      : graph(subgraph), executor(program, state), values(subgraph.values.size()) {
    for (const auto& [id, tensor] : subgraph.constants) values[Index(id)] = tensor;
  }

  void TakeOutputs(std::vector<Value>& outputs) {
    outputs.clear();
    for (ValueId id : graph.outputs) outputs.push_back(values[Index(id)]);
  }
  // Releases all values but constants.
  void Clear() {
    executor.End();
    auto constant = graph.constants.begin();
    for (size_t id = 0; id < values.size(); ++id) {
      if (constant != graph.constants.end() && Index(constant->first) == id) {
        ++constant;
      } else {
        values[id] = Value();
      }
    }
  }

  const graph::Graph& graph;
  Executor executor;
  std::vector<Value> values;
};

StepContext::StepContext(const Program& program, RunState& state)
    : program_(program), graph_(*program.graph), state_(state) {
  threads_ = state.threads;
  budget_ = state.budget;
}

StepContext::~StepContext() = default;

void StepContext::Begin(Plan* plan, const Buffer& arena, std::vector<Value>& values) {
  Leave();
  plan_ = plan;
  arena_ = &arena;
  values_ = &values;
}

Status StepContext::Enter(size_t node) {
  index_ = node;
  node_ = &graph_.nodes[node];
  pointers_.clear();
  for (size_t i = 0; i < node_->inputs.size(); ++i) {
    const ValueId id = node_->inputs[i];
    pointers_.push_back(id == kNoValue ? nullptr : &(*values_)[Index(id)]);
    if (!plan_ || id == kNoValue || !plan_->planned(id).room || ReadsInPlace(plan_->step(node), i)) continue;
    ONEDGE_ASSIGN_OR_RETURN(Value value, WithoutRoom(id));
    dense_.push_back(std::move(value));
    pointers_[i] = &dense_.back();
  }
  inputs_ = pointers_;
  output_count_ = node_->outputs.size();
  return OkStatus();
}

// The value for operators, which do not know about rooms.
Result<Value> StepContext::WithoutRoom(ValueId id) {
  const Value& value = (*values_)[Index(id)];
  if (!plan_ || !plan_->planned(id).room || !value.is_tensor()) return value;
  const Room& room = *plan_->planned(id).room;
  if (IsDense(value.tensor().shape(), room)) return value;
  state_.copied_bytes += value.tensor().byte_size();
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, DenseCopy(value.tensor(), room, budget_));
  return Value(std::move(tensor));
}

Result<RunProgress> StepContext::Run(Deadline until) {
  if (subgraphs_) return RunSubgraphs(until);
  if (TryAlias()) return RunProgress::kDone;
  if (program_.kernels[index_]) return RunKernel();
  subgraphs_ = node_->op->StartSubgraphs();
  if (subgraphs_) return RunSubgraphs(until);
  ONEDGE_RETURN_IF_ERROR(node_->op->Run(*this));
  return RunProgress::kDone;
}

void StepContext::Leave() {
  if (pending_) pending_->Abandon();
  pending_ = nullptr;
  dynamic_step_.reset();
  if (plan_) dynamic_workspace_ = Buffer();  // a subgraph keeps it, because its body may run many times
  discarded_.clear();
  dense_.clear();
  if (!subgraphs_) return;
  subgraphs_.reset();
  EndSubgraph(subrun_);
  passed_.clear();
}

Result<Tensor*> StepContext::Output(size_t i, DType dtype, const Shape& shape) {
  if (!HasOutput(i)) {
    ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, budget_));
    discarded_.push_back(std::move(tensor));
    return &discarded_.back();
  }
  const ValueId id = node_->outputs[i];
  Value& value = (*values_)[Index(id)];
  if (plan_ && IsPlanned(plan_->planned(id).place)) {
    const Plan::PlannedValue& planned = plan_->planned(id);
    if (planned.dtype != dtype || !(planned.shape == shape)) {
      return Internal("output ", i, ": shape inference said ", DTypeName(planned.dtype), " ", planned.shape,
                      ", but the operator made ", DTypeName(dtype), " ", shape);
    }
    return &value.tensor();
  }
  ONEDGE_ASSIGN_OR_RETURN(value, Tensor::Allocate(dtype, shape, budget_));
  return &value.tensor();
}

Status StepContext::SetOutput(size_t i, Value value) {
  if (!WantsOutput(i)) return OkStatus();
  const ValueId id = node_->outputs[i];
  if (plan_ && IsPlanned(plan_->planned(id).place)) {
    // The plan has promised the arena's elements to the readers of this output.
    if (plan_->planned(id).place == Plan::Place::kState) return Internal("output ", i, " was to be written in place");
    if (!value.is_tensor()) return Internal("output ", i, ": expected a tensor, got ", value.ToString());
    ONEDGE_ASSIGN_OR_RETURN(Tensor * target, Output(i, value.tensor().dtype(), value.tensor().shape()));
    std::copy_n(value.tensor().bytes(), value.tensor().byte_size(), target->mutable_bytes());
    return OkStatus();
  }
  (*values_)[Index(id)] = std::move(value);
  return OkStatus();
}

std::optional<int64_t> StepContext::InPlaceRoom(size_t i) const {
  if (!plan_) return std::nullopt;
  for (const Plan::InPlaceOutput& output : plan_->step(index_).in_place) {
    if (output.output == i) return output.room;
  }
  return std::nullopt;
}

Value StepContext::TakeInput(size_t i) {
  const ValueId id = node_->inputs[i];
  Value& value = (*values_)[Index(id)];
  const std::vector<ValueId>& last = program_.last_reads[index_];
  const bool mine = pointers_[i] == &value && (!plan_ || plan_->planned(id).place == Plan::Place::kDynamic);
  if (!mine || std::find(last.begin(), last.end(), id) == last.end()) return *pointers_[i];
  return std::exchange(value, Value());
}

Result<uint8_t*> StepContext::Workspace(size_t bytes) {
  if (plan_ && bytes <= plan_->step(index_).workspace_bytes) {
    return arena_->data() + plan_->step(index_).workspace_offset;
  }
  if (dynamic_workspace_.size() < bytes) {
    dynamic_workspace_ = Buffer();  // released before the larger one is allocated
    ONEDGE_ASSIGN_OR_RETURN(dynamic_workspace_, Buffer::Allocate(bytes, budget_));
  }
  return dynamic_workspace_.data();
}

Status StepContext::BeginSubgraph(const graph::Graph& subgraph, std::span<Value> inputs, std::unique_ptr<Subrun>& run) {
  const auto found = program_.subprograms.find(&subgraph);
  if (found == program_.subprograms.end()) return Internal("the subgraph '", subgraph.name, "' was not lowered");
  if (inputs.size() != subgraph.inputs.size()) {
    return InvalidArgument("subgraph '", subgraph.name, "' takes ", subgraph.inputs.size(), " inputs, got ",
                           inputs.size());
  }
  if (run && &run->graph != &subgraph) EndSubgraph(run);
  for (size_t i = 0; !run && i < idle_.size(); ++i) {
    if (&idle_[i]->graph != &subgraph) continue;
    run = std::move(idle_[i]);
    idle_.erase(idle_.begin() + static_cast<ptrdiff_t>(i));
  }
  if (!run) run = std::make_unique<Subrun>(subgraph, *found->second, state_);
  std::vector<Value>& values = run->values;
  for (size_t i = 0; i < inputs.size(); ++i) values[Index(subgraph.inputs[i])] = std::move(inputs[i]);
  for (const graph::Capture& capture : subgraph.captures) {
    ONEDGE_ASSIGN_OR_RETURN(values[Index(capture.inner)], WithoutRoom(capture.outer));
  }
  run->executor.Begin(nullptr, *arena_, values);
  return OkStatus();
}

void StepContext::EndSubgraph(std::unique_ptr<Subrun>& run) {
  if (!run) return;
  run->Clear();
  idle_.push_back(std::move(run));
}

Result<std::vector<Value>> StepContext::RunSubgraph(const graph::Graph& subgraph, std::span<const Value> inputs) {
  std::unique_ptr<Subrun> run;
  std::vector<Value> copies(inputs.begin(), inputs.end());
  ONEDGE_RETURN_IF_ERROR(BeginSubgraph(subgraph, copies, run));
  for (;;) {
    ONEDGE_ASSIGN_OR_RETURN(const RunProgress progress, run->executor.Step(kNoDeadline));
    if (progress != RunProgress::kDone) continue;
    std::vector<Value> outputs;
    run->TakeOutputs(outputs);
    EndSubgraph(run);
    return outputs;
  }
}

Result<RunProgress> StepContext::RunSubgraphs(Deadline until) {
  for (bool begun = subrun_ != nullptr;; begun = true) {
    if (begun) {
      ONEDGE_ASSIGN_OR_RETURN(const RunProgress progress, subrun_->executor.Step(until));
      if (progress != RunProgress::kDone) return progress;
      subrun_->TakeOutputs(passed_);
      subrun_->Clear();
    }
    ONEDGE_ASSIGN_OR_RETURN(const graph::Graph* const next, subgraphs_->Next(*this, passed_));
    if (!next) return RunProgress::kDone;
    ONEDGE_RETURN_IF_ERROR(BeginSubgraph(*next, passed_, subrun_));
    passed_.clear();
    if (begun && until != kNoDeadline && std::chrono::steady_clock::now() >= until) return RunProgress::kMore;
  }
}

// Sets the types and elements of the values that the node reads, as far as this run knows them.
void StepContext::SetKnown(ops::KnownValues& known) const {
  for (ValueId id : graph::ReadsOf(*node_)) {
    const Value& value = (*values_)[Index(id)];
    const bool in_room = plan_ && plan_->planned(id).room;  // its elements are not contiguous
    known.types[Index(id)] = TypeOf(value, graph_.values[Index(id)].type);
    known.constants[Index(id)] = value.is_tensor() && !in_room ? &value.tensor() : nullptr;
  }
}

graph::TypeInfo StepContext::InferredType(size_t i) const {
  if (!HasOutput(i)) return {};
  ops::KnownValues known(graph_);
  SetKnown(known);
  const size_t output = Index(node_->outputs[i]);
  // A contradiction in a subgraph that did not run is not an error.
  if (!ops::InferNode(*node_, known).ok()) return graph_.values[output].type;
  return std::move(known.types[output]);
}

Status StepContext::CheckCancelled() const {
  const RunOptions& options = state_.options;
  if (options.cancelled && options.cancelled()) return Cancelled("the run was cancelled");
  if (options.deadline != kNoDeadline && std::chrono::steady_clock::now() >= options.deadline) {
    return DeadlineExceeded("the run's deadline has passed");
  }
  return OkStatus();
}

// A planned alias is a view of its input; nothing runs.
bool StepContext::TryAlias() {
  if (!plan_ || node_->outputs.empty() || node_->outputs[0] == kNoValue) return false;
  const Plan::PlannedValue& planned = plan_->planned(node_->outputs[0]);
  if (planned.place != Plan::Place::kAlias) return false;
  const Value* input = pointers_[*node_->op->AliasedInput()];
  if (!input || !input->is_tensor()) return false;
  Result<Tensor> view = input->tensor().Reshaped(planned.shape);
  if (!view.ok()) return false;  // the operator itself reports the error
  (*values_)[Index(node_->outputs[0])] = std::move(view).value();
  return true;
}

Result<RunProgress> StepContext::RunKernel() {
  backends::Step* step = pending_;
  if (!step && plan_) step = plan_->step(index_).kernel.get();
  if (!step) {
    ONEDGE_ASSIGN_OR_RETURN(step, FindOrPlanStep());
  }
  ONEDGE_ASSIGN_OR_RETURN(const backends::Progress progress, step->Run(*this));
  pending_ = progress == backends::Progress::kPending ? step : nullptr;
  return pending_ ? RunProgress::kPending : RunProgress::kDone;
}

// The step of a kernel that was not planned. If the shapes of its outputs follow from the shapes of its inputs and from
// constants, it is kept for further runs.
Result<backends::Step*> StepContext::FindOrPlanStep() {
  steps_.resize(graph_.nodes.size());
  StepForShapes& kept = steps_[index_];
  const auto matches = [&] {
    for (size_t i = 0; i < pointers_.size(); ++i) {
      const bool is_tensor = pointers_[i] && pointers_[i]->is_tensor();
      if (is_tensor != kept.inputs[i].has_value()) return false;
      if (is_tensor && !(*kept.inputs[i] == pointers_[i]->tensor().shape())) return false;
    }
    return true;
  };
  if (kept.step && matches()) return kept.step.get();
  if (node_->Subgraphs().empty()) {
    const auto types = InferOutputs(/*for_shapes=*/true);
    const auto known = [&](size_t i) {
      const graph::TypeInfo& type = (*types)[i];
      return !HasOutput(i) || (type.dims && graph::ShapeOf(*type.dims));
    };
    bool all_known = types.ok();
    for (size_t i = 0; all_known && i < types->size(); ++i) all_known = known(i);
    if (all_known) {
      kept.step.reset();
      ONEDGE_ASSIGN_OR_RETURN(kept.step, PlanStep(*types, /*for_shapes=*/true));
      kept.inputs.assign(pointers_.size(), std::nullopt);
      for (size_t i = 0; i < pointers_.size(); ++i) {
        if (pointers_[i] && pointers_[i]->is_tensor()) kept.inputs[i] = pointers_[i]->tensor().shape();
      }
      return kept.step.get();
    }
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<graph::TypeInfo> types, InferOutputs(/*for_shapes=*/false));
  ONEDGE_ASSIGN_OR_RETURN(dynamic_step_, PlanStep(types, /*for_shapes=*/false));
  return dynamic_step_.get();
}

// A step for the shapes of this run. `for_shapes`: for all runs with these shapes, so only constants have known
// elements.
Result<std::unique_ptr<backends::Step>> StepContext::PlanStep(std::span<const graph::TypeInfo> types,
                                                              bool for_shapes) const {
  std::vector<Shape> inputs(node_->inputs.size());
  std::vector<const Shape*> pointers(node_->inputs.size());
  std::vector<const Tensor*> tensors(node_->inputs.size());
  for (size_t i = 0; i < node_->inputs.size(); ++i) {
    if (!pointers_[i]) continue;
    const graph::TypeInfo& packed = graph_.values[Index(node_->inputs[i])].type;
    if (pointers_[i]->is_tensor()) {
      if (!for_shapes || graph_.FindConstant(node_->inputs[i])) tensors[i] = &pointers_[i]->tensor();
      inputs[i] = pointers_[i]->tensor().shape();
    } else if (const auto shape =
                   pointers_[i]->is_none() && packed.dims ? graph::ShapeOf(*packed.dims) : std::nullopt) {
      inputs[i] = *shape;  // a constant that the kernel has packed is no longer a value, but its type stays
    } else {
      continue;
    }
    pointers[i] = &inputs[i];
  }
  std::vector<Shape> outputs;
  for (size_t i = 0; i < types.size(); ++i) {
    const auto shape = types[i].dims ? graph::ShapeOf(*types[i].dims) : std::nullopt;
    if (!shape && HasOutput(i)) return Unsupported("the shape of output ", i, " of a lowered node depends on data");
    outputs.push_back(shape.value_or(Shape()));
  }
  return program_.Plan(index_, {pointers, outputs, tensors}, state_.backends);
}

// The types of the node's outputs in this run, or in all runs with the same shapes.
Result<std::vector<graph::TypeInfo>> StepContext::InferOutputs(bool for_shapes) const {
  if (!node_->Subgraphs().empty()) {
    ops::KnownValues known(graph_);
    SetKnown(known);
    ONEDGE_RETURN_IF_ERROR(ops::InferNode(*node_, known));
    std::vector<graph::TypeInfo> types;
    for (ValueId id : node_->outputs) types.push_back(id == kNoValue ? graph::TypeInfo() : known.types[Index(id)]);
    return types;
  }
  // Of its inputs alone: a body of a Loop plans its kernels in each turn.
  std::vector<graph::TypeInfo> given(node_->inputs.size());
  std::vector<ops::ShapeContext::Input> inputs(node_->inputs.size());
  for (size_t i = 0; i < node_->inputs.size(); ++i) {
    const ValueId id = node_->inputs[i];
    if (id == kNoValue) continue;
    const Value& value = (*values_)[Index(id)];
    const bool in_room = plan_ && plan_->planned(id).room;
    given[i] = TypeOf(value, graph_.values[Index(id)].type);
    const bool known = value.is_tensor() && !in_room && (!for_shapes || graph_.FindConstant(id));
    inputs[i] = {&given[i], known ? &value.tensor() : nullptr, nullptr};
  }
  std::vector<ops::ShapeContext::Output> outputs(node_->outputs.size());
  ops::ShapeContext ctx(inputs, outputs);
  ONEDGE_RETURN_IF_ERROR(node_->op->InferShapes(ctx));
  std::vector<graph::TypeInfo> types;
  for (ops::ShapeContext::Output& output : outputs) types.push_back(std::move(output.type));
  return types;
}

}  // namespace onedge::runtime
