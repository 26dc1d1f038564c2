#include "runtime/plan.h"

#include <algorithm>

#include "base/arena_layout.h"
#include "ops/ahead_of_run.h"

namespace onedge::runtime {

using graph::kNoValue;
using graph::ValueId;

namespace {

size_t Index(ValueId id) { return static_cast<size_t>(id); }

// Values of at most this many elements are computed during planning if their inputs are known: shapes, not activations.
constexpr int64_t kMaxComputedElements = 4096;

// The shape of a tensor whose type is known completely.
std::optional<Shape> KnownShape(const graph::TypeInfo& type) {
  if (!type.is_tensor() || !type.dims || type.dtype == DType::kUndefined || type.dtype == DType::kString) {
    return std::nullopt;
  }
  return graph::ShapeOf(*type.dims);
}

}  // namespace

// Makes one Plan.
class Planner {
 public:
  Planner(const Program& program, Plan& plan, const BackendSessions& sessions, ThreadPool* threads,
          MemoryBudget* budget)
      : program_(program),
        graph_(*program.graph),
        plan_(plan),
        sessions_(sessions),
        ahead_(graph_, {budget, threads}),
        known_(ahead_.known()) {
    plan_.planned_.resize(graph_.values.size());
    plan_.steps_.resize(graph_.nodes.size());
    block_of_.resize(graph_.values.size(), kNoBlock);
  }

  // `shapes`: of the inputs, unless they are those of the values.
  Status Make(std::span<const Value* const> inputs, std::span<const Shape> shapes) {
    BindInputTypes(inputs, shapes);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      ONEDGE_RETURN_IF_ERROR(ahead_.Infer(graph_.nodes[i]));
      ONEDGE_RETURN_IF_ERROR(ComputeAhead(i));
      if (!plan_.steps_[i].skip) ONEDGE_RETURN_IF_ERROR(PlaceOutputs(i));
    }
    for (const auto& computed : ahead_.computed()) plan_.computed_.emplace_back(computed->id, computed->tensor);
    FindUnread();
    if (laid_out_) return OkStatus();
    ExtendLifetimes();
    const auto arena_bytes = LayOutArena(blocks_);
    if (!arena_bytes) return ResourceExhausted("the activations for these input shapes exceed the address space");
    plan_.arena_bytes_ = *arena_bytes;
    for (size_t id = 0; id < block_of_.size(); ++id) {
      if (plan_.planned_[id].place != Plan::Place::kArena) continue;
      plan_.planned_[id].offset = blocks_[block_of_[id]].offset;
      plan_.planned_[id].bytes = blocks_[block_of_[id]].bytes;
    }
    for (const auto& [node, block] : workspaces_) plan_.steps_[node].workspace_offset = blocks_[block].offset;
    return OkStatus();
  }

  // Before Make: the plan's State.
  void Bind(std::span<const StateBinding> bindings, std::span<const std::optional<Room>> rooms) {
    plan_.bindings_.assign(bindings.begin(), bindings.end());
    plan_.rooms_.assign(rooms.begin(), rooms.end());
    for (size_t i = 0; i < bindings.size(); ++i) {
      plan_.planned_[Index(graph_.inputs[bindings[i].input])].room = rooms[i];
    }
  }

  // Before Make: the plan replaces `laid_out`, must fit in its arena, and takes its kernels.
  void Replace(Plan& laid_out) { laid_out_ = &laid_out; }

  // After Make and Replace: whether every value fits in its old place.
  bool FitsLayout() {
    for (size_t id = 0; id < block_of_.size(); ++id) {
      Plan::PlannedValue& planned = plan_.planned_[id];
      const Plan::PlannedValue& before = laid_out_->planned_[id];
      if (planned.place != before.place) return false;
      if (planned.place != Plan::Place::kArena) continue;
      if (blocks_[block_of_[id]].bytes > before.bytes) return false;
      planned.offset = before.offset;
      planned.bytes = before.bytes;
    }
    for (const auto& [node, block] : workspaces_) {
      Plan::Step& step = plan_.steps_[node];
      const Plan::Step& before = laid_out_->steps_[node];
      if (step.workspace_bytes > before.workspace_bytes) return false;
      step.workspace_offset = before.workspace_offset;
    }
    for (size_t i = 0; i < plan_.steps_.size(); ++i) {
      if (plan_.steps_[i].skip != laid_out_->steps_[i].skip) return false;
      plan_.steps_[i].workspace_bytes = laid_out_->steps_[i].workspace_bytes;
      plan_.steps_[i].workspace_offset = laid_out_->steps_[i].workspace_offset;
    }
    plan_.arena_bytes_ = laid_out_->arena_bytes_;
    plan_.input_shapes_ = laid_out_->input_shapes_;
    return true;
  }

 private:
  static constexpr size_t kNoBlock = static_cast<size_t>(-1);

  void BindInputTypes(std::span<const Value* const> inputs, std::span<const Shape> shapes) {
    for (size_t id = 0; id < known_.types.size(); ++id) {
      if (known_.constants[id]) plan_.planned_[id].place = Plan::Place::kConstant;
    }
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      const size_t id = Index(graph_.inputs[i]);
      plan_.planned_[id].place = Plan::Place::kInput;
      const Tensor* const tensor = inputs[i]->is_tensor() ? &inputs[i]->tensor() : nullptr;
      plan_.input_shapes_.push_back(!tensor ? Shape() : shapes.empty() ? tensor->shape() : shapes[i]);
      if (tensor) known_.types[id] = graph::TypeInfo::Tensor(tensor->dtype(), plan_.input_shapes_[i]);
    }
  }

  // Computes the node's outputs now if they follow from shapes alone; the run then skips the node.
  Status ComputeAhead(size_t index) {
    const graph::Node& node = graph_.nodes[index];
    ONEDGE_ASSIGN_OR_RETURN(const bool done, ahead_.Compute(node, kMaxComputedElements));
    plan_.steps_[index].skip = done;
    for (ValueId id : node.outputs) {
      if (done && id != kNoValue) plan_.planned_[Index(id)].place = Plan::Place::kConstant;
    }
    return OkStatus();
  }

  Status PlaceOutputs(size_t index) {
    const graph::Node& node = graph_.nodes[index];
    const auto aliased = program_.kernels[index] ? std::nullopt : node.op->AliasedInput();
    bool all_known = true;
    std::vector<Shape> output_shapes;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id = node.outputs[i];
      output_shapes.emplace_back();
      if (id == kNoValue) continue;
      Plan::PlannedValue& planned = plan_.planned_[Index(id)];
      const auto shape = KnownShape(known_.types[Index(id)]);
      if (!shape) {
        all_known = false;
        continue;
      }
      planned.dtype = known_.types[Index(id)].dtype;
      planned.shape = output_shapes[i] = *shape;
      if (const auto in_place = FindInPlace(index, i)) {
        planned.place = Plan::Place::kState;
        planned.room = plan_.rooms_[in_place->binding];
        plan_.steps_[index].in_place.push_back(*in_place);
        continue;
      }
      if (i == 0 && aliased && *aliased < node.inputs.size()) {
        planned.place = Plan::Place::kAlias;
        block_of_[Index(id)] = block_of_[Index(node.inputs[*aliased])];
        continue;
      }
      ONEDGE_RETURN_IF_ERROR(shape->Check());
      const auto bytes = DTypeBytes(planned.dtype, static_cast<size_t>(shape->element_count()));
      if (!bytes)
        return ResourceExhausted("output ", i, " of shape ", *shape, " exceeds the address space")
            .WithNode(node.name, node.op_type);
      planned.place = Plan::Place::kArena;
      block_of_[Index(id)] = blocks_.size();
      blocks_.push_back({*bytes, index, index});
    }
    return all_known ? PlanKernel(index, output_shapes) : OkStatus();
  }

  // Whether output `output` of the node can overwrite a State's value.
  std::optional<Plan::InPlaceOutput> FindInPlace(size_t index, size_t output) const {
    const graph::Node& node = graph_.nodes[index];
    for (size_t i = 0; i < plan_.bindings_.size(); ++i) {
      const StateBinding& binding = plan_.bindings_[i];
      if (graph_.outputs[binding.output] != node.outputs[output] || program_.kernels[index]) continue;
      const auto in_place = node.op->InPlaceInput(output);
      const ValueId input = graph_.inputs[binding.input];
      if (!in_place || in_place->input >= node.inputs.size() || node.inputs[in_place->input] != input) continue;
      const graph::TypeInfo& from = known_.types[Index(input)];
      const graph::TypeInfo& to = known_.types[Index(node.outputs[output])];
      if (from.dtype != to.dtype || !from.dims || !to.dims || from.dims->size() != to.dims->size()) continue;
      if (in_place->appends_along) {
        const int64_t rank = static_cast<int64_t>(to.dims->size());
        const int64_t axis = *in_place->appends_along + (*in_place->appends_along < 0 ? rank : 0);
        if (!binding.axis || axis != static_cast<int64_t>(*binding.axis)) continue;
        return Plan::InPlaceOutput{output, in_place->input, i, plan_.rooms_[i]->entries};
      }
      if (binding.axis || !(graph::ShapeOf(*from.dims) == graph::ShapeOf(*to.dims))) continue;
      if (MayOverwrite(index, input)) return Plan::InPlaceOutput{output, in_place->input, i, 0};
    }
    return std::nullopt;
  }

  // Whether node `index`, which reads the elements of graph input `input` once, may overwrite them: no other reader,
  // and no value that shares them.
  bool MayOverwrite(size_t index, ValueId input) const {
    std::vector<bool> shares(graph_.values.size());  // the elements of `input`
    shares[Index(input)] = true;
    const auto reads = [&](const graph::Node& node) {
      const auto ids = graph::ReadsOf(node);
      return std::count_if(ids.begin(), ids.end(), [&](ValueId id) { return shares[Index(id)]; });
    };
    for (size_t i = 0; i < index; ++i) {
      const graph::Node& node = graph_.nodes[i];
      if (reads(node) == 0) continue;
      for (ValueId id : node.outputs) {
        if (id == kNoValue) continue;
        const Plan::Place place = plan_.planned_[Index(id)].place;
        if (place == Plan::Place::kDynamic) return false;
        if (place == Plan::Place::kAlias) shares[Index(id)] = true;
      }
    }
    if (reads(graph_.nodes[index]) != 1) return false;
    for (size_t i = index + 1; i < graph_.nodes.size(); ++i) {
      if (reads(graph_.nodes[i]) > 0) return false;
    }
    return std::none_of(graph_.outputs.begin(), graph_.outputs.end(), [&](ValueId id) { return shares[Index(id)]; });
  }

  Status PlanKernel(size_t index, std::span<const Shape> output_shapes) {
    const graph::Node& node = graph_.nodes[index];
    std::vector<Shape> shapes(node.inputs.size());
    std::vector<const Shape*> pointers(node.inputs.size());
    std::vector<const Tensor*> values(node.inputs.size());
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == kNoValue) continue;
      values[i] = known_.constants[Index(node.inputs[i])];
      const graph::TypeInfo& type = known_.types[Index(node.inputs[i])];
      if (!type.is_tensor()) continue;
      const auto shape = type.dims ? graph::ShapeOf(*type.dims) : std::nullopt;
      if (!shape) return OkStatus();  // the executor plans this kernel when the shapes are known
      shapes[i] = *shape;
      pointers[i] = &shapes[i];
    }
    Plan::Step& step = plan_.steps_[index];
    if (program_.kernels[index] && TakeOver(index, shapes, output_shapes)) {
      step.workspace_bytes = step.kernel->workspace_bytes();
    } else if (program_.kernels[index]) {
      Result<std::unique_ptr<backends::Step>> kernel =
          program_.Plan(index, {pointers, output_shapes, values}, sessions_);
      if (!kernel.ok()) return std::move(kernel).status().WithNode(node.name, node.op_type);
      step.kernel = std::move(kernel).value();
      step.workspace_bytes = step.kernel->workspace_bytes();
    } else {
      step.workspace_bytes = ops::WorkspaceBytesOf(node, known_);
    }
    if (step.workspace_bytes > 0) {
      workspaces_.emplace_back(index, blocks_.size());
      blocks_.push_back({step.workspace_bytes, index, index});
    }
    return OkStatus();
  }

  // Takes the step of the previous plan if it was made for the same shapes, and does not depend on other values.
  bool TakeOver(size_t index, std::span<const Shape> inputs, std::span<const Shape> outputs) {
    if (plan_.bindings_.empty()) return false;
    const graph::Node& node = graph_.nodes[index];
    std::vector<Shape>& shapes = plan_.steps_[index].kernel_shapes;
    shapes.assign(inputs.begin(), inputs.end());
    shapes.insert(shapes.end(), outputs.begin(), outputs.end());
    if (!laid_out_ || !laid_out_->steps_[index].kernel || !(laid_out_->steps_[index].kernel_shapes == shapes))
      return false;
    for (ValueId id : node.inputs) {
      if (id != kNoValue && known_.constants[Index(id)] && !graph_.FindConstant(id)) return false;
    }
    plan_.steps_[index].kernel = std::move(laid_out_->steps_[index].kernel);
    return true;
  }

  // Each block lives until the last node that reads it, through any alias.
  void ExtendLifetimes() {
    const auto extend = [&](ValueId id, size_t until) {
      const size_t block = block_of_[Index(id)];
      if (block != kNoBlock) blocks_[block].last = std::max(blocks_[block].last, until);
    };
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (ValueId id : graph::ReadsOf(graph_.nodes[i])) extend(id, i);
      // An operator may return an input unchanged (sequences, If). Its inputs must then live as long as its outputs.
      const bool shares = plan_.steps_[i].skip ? false : SharesInputs(i);
      if (shares) {
        for (ValueId id : graph::ReadsOf(graph_.nodes[i])) extend(id, graph_.nodes.size());
      }
    }
    for (ValueId id : graph_.outputs) extend(id, graph_.nodes.size());
  }

  // An output of a region that only Shape reads, for example, need not be copied from its device.
  void FindUnread() {
    std::vector<bool> read(graph_.values.size());
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (plan_.steps_[i].skip) continue;
      for (ValueId id : graph::ReadsOf(graph_.nodes[i])) read[Index(id)] = true;
    }
    for (ValueId id : graph_.outputs) read[Index(id)] = true;
    for (size_t id = 0; id < read.size(); ++id) plan_.planned_[id].unread = !read[id];
  }

  // True for nodes with an output outside the arena, which may keep the elements of their inputs.
  bool SharesInputs(size_t index) const {
    const graph::Node& node = graph_.nodes[index];
    return std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) {
      return id != kNoValue && plan_.planned_[Index(id)].place == Plan::Place::kDynamic;
    });
  }

  const Program& program_;
  const graph::Graph& graph_;
  Plan& plan_;
  const BackendSessions& sessions_;
  ops::AheadOfRun ahead_;
  ops::KnownValues& known_;  // of ahead_
  Plan* laid_out_ = nullptr;
  std::vector<size_t> block_of_;  // by ValueId: index into blocks_
  std::vector<ArenaBlock> blocks_;
  std::vector<std::pair<size_t, size_t>> workspaces_;  // node, block
};

Result<std::unique_ptr<Plan>> Plan::Make(const Program& program, std::span<const Value* const> inputs,
                                         const BackendSessions& sessions, ThreadPool* threads, MemoryBudget* budget,
                                         const StateLayout* layout) {
  std::unique_ptr<Plan> plan(new Plan());
  Planner planner(program, *plan, sessions, threads, budget);
  if (layout) planner.Bind(layout->bindings, layout->rooms);
  ONEDGE_RETURN_IF_ERROR(planner.Make(inputs, layout ? layout->shapes : std::span<const Shape>()));
  return plan;
}

Result<std::unique_ptr<Plan>> Plan::Fit(std::unique_ptr<Plan> plan, const Program& program,
                                        std::span<const Value* const> inputs, const BackendSessions& sessions,
                                        ThreadPool* threads, MemoryBudget* budget) {
  std::unique_ptr<Plan> fitted(new Plan());
  Planner planner(program, *fitted, sessions, threads, budget);
  planner.Bind(plan->bindings_, plan->rooms_);
  planner.Replace(*plan);
  ONEDGE_RETURN_IF_ERROR(planner.Make(inputs, {}));
  if (!planner.FitsLayout()) fitted.reset();
  return fitted;
}

bool Plan::Matches(std::span<const Value* const> inputs) const {
  if (!bindings_.empty()) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]->is_tensor() && !(inputs[i]->tensor().shape() == input_shapes_[i])) return false;
  }
  return true;
}

bool Plan::Matches(const StateLayout& layout) const {
  const auto same_entries = [](const std::optional<Room>& a, const std::optional<Room>& b) {
    return a.has_value() == b.has_value() && (!a || a->entries == b->entries);
  };
  return std::equal(bindings_.begin(), bindings_.end(), layout.bindings.begin(), layout.bindings.end()) &&
         std::equal(rooms_.begin(), rooms_.end(), layout.rooms.begin(), layout.rooms.end(), same_entries) &&
         input_shapes_ == layout.shapes;
}

Status Plan::Bind(const Program& program, const Buffer& arena) {
  values_.resize(planned_.size());
  for (size_t id = 0; id < planned_.size(); ++id) {
    if (planned_[id].place != Place::kArena) continue;
    ONEDGE_ASSIGN_OR_RETURN(values_[id],
                            Tensor::FromBuffer(planned_[id].dtype, planned_[id].shape, arena, planned_[id].offset));
  }
  for (const auto& [id, tensor] : program.graph->constants) values_[Index(id)] = tensor;
  for (const auto& [id, tensor] : computed_) values_[Index(id)] = tensor;
  bound_ = true;
  return OkStatus();
}

void Plan::Unbind() {
  values_.clear();
  bound_ = false;
}

}  // namespace onedge::runtime
