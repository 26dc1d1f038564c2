// Plan: for one combination of input shapes: the kind of every value (computed ahead, in the arena, an alias, or known
// only in the run), its place in the arena, and each kernel's step. Belongs to one Session.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backends/kernel.h"
#include "runtime/program.h"
#include "runtime/state.h"
#include "tensor/value.h"

namespace onedge::runtime {

// The part of a State in a plan.
struct StateLayout {
  std::span<const StateBinding> bindings;
  std::vector<std::optional<Room>> rooms;  // of bindings
  // By graph input: shapes that use the whole room of the state. The arena is laid out for these.
  std::vector<Shape> shapes;
};

class Plan {
 public:
  enum class Place : uint8_t {
    kDynamic,   // allocated when its node runs: the shape depends on data, or the value is not a tensor
    kInput,     // bound by the caller
    kConstant,  // a constant of the graph, or computed during planning
    kArena,
    kAlias,  // the elements of its node's AliasedInput under `shape`
    kState,  // overwrites the input that InPlaceInput of its node names; a State binds that input
  };
  struct PlannedValue {
    Place place = Place::kDynamic;
    DType dtype = DType::kUndefined;  // kArena, kAlias, kState
    Shape shape;                      // kArena, kAlias, kState
    size_t offset = 0;                // kArena: bytes from the arena's start
    size_t bytes = 0;                 // kArena: its bytes in the arena
    std::optional<Room> room;         // kInput and kState, for values of a State that grow
    bool unread = false;              // kArena: nothing reads the elements, only their shape, which the plan has used
  };
  // An output of kState.
  struct InPlaceOutput {
    size_t output, input;  // of the node
    size_t binding;        // of the State
    int64_t room;          // see ops::OpContext::InPlaceRoom
  };
  struct Step {
    bool skip = false;                       // its outputs were computed during planning
    std::unique_ptr<backends::Step> kernel;  // null: not lowered, or its shapes are known only in the run
    size_t workspace_offset = 0;
    size_t workspace_bytes = 0;
    std::vector<InPlaceOutput> in_place;
    std::vector<Shape> kernel_shapes;  // the shapes for which `kernel` was made, if a State may change them
  };

  // `inputs`: in the order of the graph's inputs, checked. Fails if an operator does not accept the shapes. With
  // `layout` the plan is for its shapes, and Fit must follow; bindings and rooms are copied.
  static Result<std::unique_ptr<Plan>> Make(const Program& program, std::span<const Value* const> inputs,
                                            const BackendSessions& sessions, ThreadPool* threads, MemoryBudget* budget,
                                            const StateLayout* layout = nullptr);
  // A plan of a State for other lengths of its values: types are inferred again; the arena's layout and the steps of
  // kernels with unchanged shapes are kept. Null if the inputs need another layout. Do not use `plan` afterwards.
  static Result<std::unique_ptr<Plan>> Fit(std::unique_ptr<Plan> plan, const Program& program,
                                           std::span<const Value* const> inputs, const BackendSessions& sessions,
                                           ThreadPool* threads, MemoryBudget* budget);

  // Whether this plan, of a run without a state, is for these inputs.
  bool Matches(std::span<const Value* const> inputs) const;
  bool Matches(const StateLayout& layout) const;
  size_t arena_bytes() const { return arena_bytes_; }

  const PlannedValue& planned(graph::ValueId id) const { return planned_[static_cast<size_t>(id)]; }
  Step& step(size_t node) { return steps_[node]; }

  // The values of a run, by ValueId. After Bind: constants, and arena tensors that point into `arena`.
  std::vector<Value>& values() { return values_; }
  Status Bind(const Program& program, const Buffer& arena);
  // Releases the arena.
  void Unbind();
  bool bound() const { return bound_; }

 private:
  friend class Planner;
  Plan() = default;

  std::vector<Shape> input_shapes_;  // with a state: those that use its whole room
  std::vector<StateBinding> bindings_;
  std::vector<std::optional<Room>> rooms_;
  std::vector<PlannedValue> planned_;  // by ValueId
  std::vector<Step> steps_;            // by node
  std::vector<std::pair<graph::ValueId, Tensor>> computed_;
  std::vector<Value> values_;
  size_t arena_bytes_ = 0;
  bool bound_ = false;
};

}  // namespace onedge::runtime
