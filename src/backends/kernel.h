// The seam to backends. A Backend lowers nodes to Kernels (once per model: weights packed or uploaded), opens a
// BackendSession for each runtime::Session, and a Kernel planned for known shapes in a BackendSession is a Step.
// Backends and kernels are immutable and shared by all sessions of a model; a BackendSession and its Steps belong to
// one session and are used by one thread at a time.
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

enum class Progress : uint8_t {
  kDone,
  kPending,  // the work goes on elsewhere: call again
};

struct BackendSessionOptions {
  ThreadPool* threads = nullptr;   // null: the caller's thread alone; otherwise outlives the session
  MemoryBudget* budget = nullptr;  // for host memory; null: not counted; otherwise outlives the session
};

// The state of a backend for one session: threads here; in a device's subclass its stream, handles and memory.
class BackendSession {
 public:
  explicit BackendSession(const BackendSessionOptions& options) : options_(options) {}
  virtual ~BackendSession() = default;

  ThreadPool* threads() const { return options_.threads; }
  MemoryBudget* budget() const { return options_.budget; }

 private:
  const BackendSessionOptions options_;
};

// The shapes of one node, all known.
struct NodeShapes {
  std::span<const Shape* const> inputs;  // null: left out, or not a tensor
  std::span<const Shape> outputs;
};

// A kernel made ready for known shapes in one session. Refers to its kernel and its session, which outlive it.
class Step {
 public:
  virtual ~Step() = default;
  // Takes its outputs with ctx.Output() as an Op does. A step that returns kPending is run again, in the same run with
  // the same inputs, until it returns kDone; it reads its inputs in the first call, and takes its outputs in the last.
  virtual Result<Progress> Run(ops::OpContext& ctx) = 0;
  // The run ends while this step is pending: what still goes on is dropped, and the next Run is a first call.
  virtual void Abandon() {}
  // Bytes that Run asks of ctx.Workspace(). The plan reserves them in the arena.
  virtual size_t workspace_bytes() const { return 0; }
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // REQUIRES: `session` was opened by the backend that made this kernel, so that the kernel may cast it to its own
  // type.
  virtual Result<std::unique_ptr<Step>> Plan(const NodeShapes& shapes, BackendSession* session) const = 0;
  // Bytes of host memory that this kernel keeps: packed weights.
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

class Backend {
 public:
  virtual ~Backend() = default;
  // A kernel for the node, or null to decline it: then the next backend is asked, and at last the portable Op::Run
  // serves.
  virtual Result<std::unique_ptr<const Kernel>> Lower(LowerContext& ctx) const = 0;
  virtual Result<std::unique_ptr<BackendSession>> Open(const BackendSessionOptions& options) const {
    return std::unique_ptr<BackendSession>(std::make_unique<BackendSession>(options));
  }
};

}  // namespace onedge::backends
