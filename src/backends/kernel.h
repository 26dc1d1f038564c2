// Kernel: a backend's way to run one node, its weights packed. Immutable and shared by all sessions of a model.
// What a run changes (XNNPACK's operator objects, scratch) is KernelState, of which each session has its own for each
// plan.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "graph/graph.h"
#include "ops/op_context.h"

namespace onedge::backends {

class KernelState {
 public:
  virtual ~KernelState() = default;
  // Scratch bytes that Run asks of ctx.Workspace() in this plan.
  virtual size_t workspace_bytes() const { return 0; }
};

// One node of one plan: every shape known.
struct KernelPlan {
  std::span<const Shape* const> inputs;  // null: left out, or not a tensor
  std::span<const Shape> outputs;
  ThreadPool* threads = nullptr;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // The state for one plan of one session; null where the kernel needs none.
  virtual Result<std::unique_ptr<KernelState>> Plan(const KernelPlan& plan) const {
    static_cast<void>(plan);
    return std::unique_ptr<KernelState>();
  }
  // Outputs are taken with ctx.Output() like in an Op. `state` is what Plan made for exactly these shapes.
  virtual Status Run(ops::OpContext& ctx, KernelState* state) const = 0;
  // Bytes of packed weights that this kernel keeps.
  virtual size_t resident_bytes() const { return 0; }
};

// What a backend may look at, and claim, while it lowers a node.
struct LowerContext {
  const graph::Graph& graph;
  const graph::Node& node;
  // Same bits on every host: no fused multiply-add, no hardware-dependent sums. Set for models that quantize at run
  // time, whose roundings would turn a difference in the last bit into one of a whole step.
  bool exact = false;
  MemoryBudget* budget = nullptr;
  // Input positions whose constants the kernel has packed and needs no more; the model then drops the raw weights.
  std::vector<size_t> packed_inputs;

  const Tensor* Constant(size_t input) const {
    return input < node.inputs.size() ? graph.FindConstant(node.inputs[input]) : nullptr;
  }
  const graph::TypeInfo* InputType(size_t input) const {
    if (input >= node.inputs.size() || node.inputs[input] == graph::kNoValue) return nullptr;
    return &graph.values[static_cast<size_t>(node.inputs[input])].type;
  }
};

// A backend: offers a kernel for a node, or null where the portable Op::Run serves as well.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Result<std::unique_ptr<const Kernel>> Lower(LowerContext& ctx) const = 0;
};

}  // namespace onedge::backends
