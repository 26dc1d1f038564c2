// Plan: for one combination of input shapes, what every value of a model's graph is (computed ahead, in the arena, an
// alias, or only known in the run), where in the arena it lies, and each kernel's step. Belongs to one Session.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backends/kernel.h"
#include "runtime/program.h"
#include "tensor/value.h"

namespace onedge::runtime {

class Plan {
 public:
  enum class Place : uint8_t {
    kDynamic,   // allocated when its node runs: the shape depends on data, or it is no tensor
    kInput,     // bound by the caller
    kConstant,  // a constant of the graph, or computed while planning
    kArena,
    kAlias,  // the elements of its node's AliasedInput under `shape`
  };
  struct PlannedValue {
    Place place = Place::kDynamic;
    DType dtype = DType::kUndefined;  // kArena, kAlias
    Shape shape;                      // kArena, kAlias
    size_t offset = 0;                // kArena: bytes from the arena's start
  };
  struct Step {
    bool skip = false;                       // its outputs were computed while planning
    std::unique_ptr<backends::Step> kernel;  // null: not lowered, or its shapes are known in the run only
    size_t workspace_offset = 0;
    size_t workspace_bytes = 0;
  };

  // `inputs`: in the order of the graph's inputs, checked. Fails when the shapes contradict an operator.
  static Result<std::unique_ptr<Plan>> Make(const Program& program, std::span<const Value* const> inputs,
                                            const BackendSessions& sessions, ThreadPool* threads, MemoryBudget* budget);

  bool Matches(std::span<const Value* const> inputs) const;
  size_t arena_bytes() const { return arena_bytes_; }

  const PlannedValue& planned(graph::ValueId id) const { return planned_[static_cast<size_t>(id)]; }
  Step& step(size_t node) { return steps_[node]; }

  // The values of a run, by ValueId. After Bind: constants, and arena tensors that point into `arena`.
  std::vector<Value>& values() { return values_; }
  Status Bind(const Program& program, const Buffer& arena);
  // Lets go of the arena.
  void Unbind();
  bool bound() const { return bound_; }

 private:
  friend class Planner;
  Plan() = default;

  std::vector<Shape> input_shapes_;
  std::vector<PlannedValue> planned_;  // by ValueId
  std::vector<Step> steps_;            // by node
  std::vector<std::pair<graph::ValueId, Tensor>> computed_;
  std::vector<Value> values_;
  size_t arena_bytes_ = 0;
  bool bound_ = false;
};

}  // namespace onedge::runtime
