#include "runtime/executor.h"

#include <chrono>
#include <list>

#include "ops/control/type_join.h"
#include "ops/infer_types.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using graph::ValueId;

size_t Index(ValueId id) { return static_cast<size_t>(id); }

// The type of a value of this run; `inferred` before the run says more of what has no elements.
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

// The OpContext of one node after the other.
class StepContext final : public ops::OpContext {
 public:
  StepContext(const Program& program, Plan* plan, const Buffer& arena, std::vector<Value>& values, RunState& state)
      : program_(program), graph_(*program.graph), plan_(plan), arena_(arena), values_(values), state_(state) {
    threads_ = state.threads;
    budget_ = state.budget;
  }

  Status Run(size_t index) {
    index_ = index;
    node_ = &graph_.nodes[index];
    pointers_.clear();
    for (ValueId id : node_->inputs) pointers_.push_back(id == kNoValue ? nullptr : &values_[Index(id)]);
    inputs_ = pointers_;
    output_count_ = node_->outputs.size();
    if (TryAlias()) return OkStatus();
    Status status = RunKernelOrOp();
    if (dynamic_workspace_) dynamic_workspace_ = Buffer();
    discarded_.clear();
    return status;
  }

  bool WantsOutput(size_t i) const override { return i < node_->outputs.size() && node_->outputs[i] != kNoValue; }

  Result<Tensor*> Output(size_t i, DType dtype, const Shape& shape) override {
    if (!WantsOutput(i)) {
      ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, budget_));
      discarded_.push_back(std::move(tensor));
      return &discarded_.back();
    }
    const ValueId id = node_->outputs[i];
    Value& value = values_[Index(id)];
    if (plan_ && plan_->planned(id).place == Plan::Place::kArena) {
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

  Status SetOutput(size_t i, Value value) override {
    if (!WantsOutput(i)) return OkStatus();
    const ValueId id = node_->outputs[i];
    if (plan_ && plan_->planned(id).place == Plan::Place::kArena) {
      // The plan promised the arena's elements to the readers of this output.
      if (!value.is_tensor()) return Internal("output ", i, ": expected a tensor, got ", value.ToString());
      ONEDGE_ASSIGN_OR_RETURN(Tensor * target, Output(i, value.tensor().dtype(), value.tensor().shape()));
      std::copy_n(value.tensor().bytes(), value.tensor().byte_size(), target->mutable_bytes());
      return OkStatus();
    }
    values_[Index(id)] = std::move(value);
    return OkStatus();
  }

  Result<uint8_t*> Workspace(size_t bytes) override {
    if (plan_ && bytes <= plan_->step(index_).workspace_bytes) {
      return arena_.data() + plan_->step(index_).workspace_offset;
    }
    ONEDGE_ASSIGN_OR_RETURN(dynamic_workspace_, Buffer::Allocate(bytes, budget_));
    return dynamic_workspace_.data();
  }

  Result<std::vector<Value>> RunSubgraph(const graph::Graph& subgraph, std::span<const Value> inputs) override {
    const auto found = program_.subprograms.find(&subgraph);
    if (found == program_.subprograms.end()) return Internal("the subgraph '", subgraph.name, "' was not lowered");
    if (inputs.size() != subgraph.inputs.size()) {
      return InvalidArgument("subgraph '", subgraph.name, "' takes ", subgraph.inputs.size(), " inputs, got ",
                             inputs.size());
    }
    std::vector<Value> values(subgraph.values.size());
    for (size_t i = 0; i < inputs.size(); ++i) values[Index(subgraph.inputs[i])] = inputs[i];
    for (const graph::Capture& capture : subgraph.captures) {
      values[Index(capture.inner)] = values_[Index(capture.outer)];
    }
    for (const auto& [id, tensor] : subgraph.constants) values[Index(id)] = tensor;
    ONEDGE_RETURN_IF_ERROR(RunProgram(*found->second, nullptr, Buffer(), values, state_));
    std::vector<Value> outputs;
    for (ValueId id : subgraph.outputs) outputs.push_back(values[Index(id)]);
    return outputs;
  }

  graph::TypeInfo InferredType(size_t i) const override {
    if (!WantsOutput(i)) return {};
    ops::KnownValues known(graph_);
    for (ValueId id : graph::ReadsOf(*node_)) {
      const Value& value = values_[Index(id)];
      known.types[Index(id)] = TypeOf(value, graph_.values[Index(id)].type);
      known.constants[Index(id)] = value.is_tensor() ? &value.tensor() : nullptr;
    }
    const size_t output = Index(node_->outputs[i]);
    // What contradicts itself in a subgraph that did not run is no error.
    if (!ops::InferNode(*node_, known).ok()) return graph_.values[output].type;
    return std::move(known.types[output]);
  }

  Status CheckCancelled() const override {
    if (state_.options.cancelled && state_.options.cancelled()) return Cancelled("the run was cancelled");
    return OkStatus();
  }

 private:
  // A planned alias is a view of its input; nothing runs.
  bool TryAlias() {
    if (!plan_ || node_->outputs.empty() || node_->outputs[0] == kNoValue) return false;
    const Plan::PlannedValue& planned = plan_->planned(node_->outputs[0]);
    if (planned.place != Plan::Place::kAlias) return false;
    const Value* input = pointers_[*node_->op->AliasedInput()];
    if (!input || !input->is_tensor()) return false;
    Result<Tensor> view = input->tensor().Reshaped(planned.shape);
    if (!view.ok()) return false;  // the operator itself says what is wrong
    values_[Index(node_->outputs[0])] = std::move(view).value();
    return true;
  }

  Status RunKernelOrOp() {
    const auto& kernel = program_.kernels[index_];
    if (!kernel) return node_->op->Run(*this);
    if (plan_ && plan_->step(index_).kernel) return RunStep(*plan_->step(index_).kernel);
    ONEDGE_ASSIGN_OR_RETURN(const auto shapes, CurrentShapes());
    std::vector<const Shape*> pointers;
    for (size_t i = 0; i < node_->inputs.size(); ++i)
      pointers.push_back(shapes.inputs[i] ? &*shapes.inputs[i] : nullptr);
    ONEDGE_ASSIGN_OR_RETURN(auto step, program_.Plan(index_, {pointers, shapes.outputs}, state_.backends));
    return RunStep(*step);
  }

  Status RunStep(backends::Step& step) {
    for (;;) {
      ONEDGE_ASSIGN_OR_RETURN(const backends::Progress progress, step.Run(*this));
      if (progress == backends::Progress::kDone) return OkStatus();
      ONEDGE_RETURN_IF_ERROR(CheckCancelled());
    }
  }

  struct Shapes {
    std::vector<std::optional<Shape>> inputs;
    std::vector<Shape> outputs;
  };

  // The shapes of this node in this run, for a kernel that was not planned.
  Result<Shapes> CurrentShapes() const {
    std::vector<graph::TypeInfo> types(node_->inputs.size());
    std::vector<ops::ShapeContext::Input> inputs(node_->inputs.size());
    Shapes shapes;
    shapes.inputs.resize(node_->inputs.size());
    for (size_t i = 0; i < node_->inputs.size(); ++i) {
      const ValueId id = node_->inputs[i];
      if (id == kNoValue) continue;
      const Value& value = values_[Index(id)];
      // A constant that the kernel has packed is no value any more, but its type stays.
      types[i] = value.is_tensor() ? graph::TypeInfo::Tensor(value.tensor().dtype(), value.tensor().shape())
                                   : graph_.values[Index(id)].type;
      inputs[i] = {&types[i], value.is_tensor() ? &value.tensor() : nullptr, nullptr};
      if (types[i].dims) shapes.inputs[i] = graph::ShapeOf(*types[i].dims);
    }
    std::vector<ops::ShapeContext::Output> outputs(node_->outputs.size());
    ops::ShapeContext ctx(inputs, outputs);
    ONEDGE_RETURN_IF_ERROR(node_->op->InferShapes(ctx));
    for (const auto& output : outputs) {
      const auto shape = output.type.dims ? graph::ShapeOf(*output.type.dims) : std::nullopt;
      if (!shape) return Internal("the output shape of a lowered node is unknown");
      shapes.outputs.push_back(*shape);
    }
    return shapes;
  }

  const Program& program_;
  const graph::Graph& graph_;
  Plan* plan_;
  const Buffer& arena_;
  std::vector<Value>& values_;
  RunState& state_;
  size_t index_ = 0;
  const graph::Node* node_ = nullptr;
  InlineVector<const Value*, 16> pointers_;  // inline: a steady run allocates nothing
  Buffer dynamic_workspace_;
  std::list<Tensor> discarded_;
};

// Values that live outside the arena go as soon as nothing reads them any more.
void ReleaseDead(const Program& program, Plan* plan, size_t node, std::vector<Value>& values) {
  for (ValueId id : program.last_reads[node]) {
    if (plan && plan->planned(id).place != Plan::Place::kDynamic && plan->planned(id).place != Plan::Place::kAlias)
      continue;
    values[Index(id)] = Value();
  }
}

}  // namespace

Status RunProgram(const Program& program, Plan* plan, const Buffer& arena, std::vector<Value>& values,
                  RunState& state) {
  using Clock = std::chrono::steady_clock;
  StepContext ctx(program, plan, arena, values, state);
  for (size_t i = 0; i < program.graph->nodes.size(); ++i) {
    if (plan && plan->step(i).skip) continue;
    const graph::Node& node = program.graph->nodes[i];
    ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
    const auto start = state.options.profile ? Clock::now() : Clock::time_point();
    if (Status status = ctx.Run(i); !status.ok()) return std::move(status).WithNode(node.name, node.op_type);
    if (state.options.profile) {
      const std::chrono::duration<double, std::micro> elapsed = Clock::now() - start;
      state.options.profile->push_back({node.name, node.op_type, program.kernels[i] != nullptr, elapsed.count()});
    }
    ReleaseDead(program, plan, i, values);
  }
  return OkStatus();
}

}  // namespace onedge::runtime
