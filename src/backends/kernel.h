// The seam to backends. A Backend claims nodes for regions, lowers a node or a region to a Kernel once per model
// (weights packed or uploaded), and opens a BackendSession for each runtime::Session. A Kernel, planned for known
// shapes in a BackendSession, gives a Step. Backends and kernels are immutable and shared by all sessions of a model; a
// BackendSession and its Steps belong to one session and are used by one thread at a time.
// docs/adding_a_backend.md has an example.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "graph/scope.h"
#include "ops/op_context.h"

namespace onedge::backends {

enum class Progress : uint8_t {
  kDone,
  kPending,  // the work continues elsewhere: call again
};

struct BackendSessionOptions {
  ThreadPool* threads = nullptr;   // null: only the caller's thread; otherwise must outlive the session
  MemoryBudget* budget = nullptr;  // for host memory; null: not counted; otherwise must outlive the session
  // For the memory of a device. Null: not counted; otherwise must outlive the session.
  MemoryBudget* device_budget = nullptr;
};

// The state of a backend for one session: threads here; in a device's subclass its stream, handles and memory.
class BackendSession {
 public:
  explicit BackendSession(const BackendSessionOptions& options) : options_(options) {}
  virtual ~BackendSession() = default;

  ThreadPool* threads() const { return options_.threads; }
  MemoryBudget* budget() const { return options_.budget; }
  MemoryBudget* device_budget() const { return options_.device_budget; }

 private:
  const BackendSessionOptions options_;
};

// The shapes of one node. All are known.
struct NodeShapes {
  std::span<const Shape* const> inputs;  // null: absent, or not a tensor
  std::span<const Shape> outputs;
  // The elements of inputs that are known before the run (constants, shape arithmetic); null: unknown. Empty: all
  // unknown.
  // Valid until Plan returns.
  std::span<const Tensor* const> values = {};
};

// A kernel that is ready for known shapes in one session. Its kernel and its session must outlive it.
class Step {
 public:
  virtual ~Step() = default;
  // Takes its outputs with ctx.Output(), like an Op. A step that returns kPending is run again, in the same run with
  // the same inputs, until it returns kDone. It reads its inputs in the first call and takes its outputs in the last.
  virtual Result<Progress> Run(ops::OpContext& ctx) = 0;
  // Called if the run ends while this step is pending: unfinished work is dropped, and the next Run is a first call.
  virtual void Abandon() {}
  // The bytes that Run takes from ctx.Workspace(). The plan reserves them in the arena.
  virtual size_t workspace_bytes() const { return 0; }
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // REQUIRES: the backend that made this kernel opened `session`, so that the kernel may cast it to its own type.
  virtual Result<std::unique_ptr<Step>> Plan(const NodeShapes& shapes, BackendSession* session) const = 0;
  // The bytes of host memory that this kernel keeps: packed weights.
  virtual size_t resident_bytes() const { return 0; }
};

// The facts that a backend may read, and the constants it may claim, while it lowers a node.
struct LowerContext {
  const graph::Graph& graph;
  const graph::Node& node;
  // The same bits on every host: no fused multiply-add, no sums that depend on the hardware. Set for models that
  // quantize at run time, because rounding would turn a difference in the last bit into a whole quantization step.
  bool exact = false;
  MemoryBudget* budget = nullptr;         // for packed weights
  MemoryBudget* device_budget = nullptr;  // for weights in the memory of a device
  const graph::Scope* scope = nullptr;    // of `graph`, to find captured constants; null: it has none

  std::string* used = nullptr;  // see runtime::ModelOptions; may be null

  // Constants whose elements the kernel now holds itself, packed or on its device. The model drops the raw elements
  // when nobody else reads them. The types stay (in Graph::values).
  struct Claim {
    const graph::Graph* graph;
    graph::ValueId id;
  };
  std::vector<Claim> claims = {};
  // REQUIRES: Constant(input).
  void ClaimInput(size_t input) { ClaimConstant(graph, node.inputs[input]); }
  // A constant of a subgraph of the node, or a constant that the subgraph captures.
  void ClaimConstant(const graph::Graph& subgraph, graph::ValueId id) {
    for (const Claim& claim : claims) {
      if (claim.graph == &subgraph && claim.id == id) return;
    }
    claims.push_back({&subgraph, id});
  }

  // Null: the input is absent or not constant.
  const Tensor* Constant(size_t input) const {
    if (input >= node.inputs.size()) return nullptr;
    return scope ? scope->FindConstant(node.inputs[input]) : graph.FindConstant(node.inputs[input]);
  }
  const graph::TypeInfo* InputType(size_t input) const {
    if (input >= node.inputs.size() || node.inputs[input] == graph::kNoValue) return nullptr;
    return &graph.values[static_cast<size_t>(node.inputs[input])].type;
  }
};

// True for onedge.Region: a part of the graph that a backend has claimed. backends/region.h helps with regions.
bool IsRegion(const graph::Node& node);

class Backend {
 public:
  virtual ~Backend() = default;
  // True for a node that should run in a region of this backend; values inside a region do not leave the device. Claim
  // a node whose output shapes depend on the elements of an input only if the region does not compute that input.
  // The answer must not change: it is asked again for the nodes of a region.
  virtual bool Claims(const graph::Graph& graph, const graph::Node& node) const {
    static_cast<void>(graph);
    static_cast<void>(node);
    return false;
  }
  // True if convolutions are faster with channels last (onedge.NhwcConv), and everything between them may follow.
  virtual bool prefers_channels_last() const { return false; }
  // A kernel for the node, or null to decline it. Then the next backend is asked, and finally the portable Op::Run is
  // used. A region is offered only to the backend that claimed it.
  virtual Result<std::unique_ptr<const Kernel>> Lower(LowerContext& ctx) const = 0;
  virtual Result<std::unique_ptr<BackendSession>> Open(const BackendSessionOptions& options) const {
    return std::unique_ptr<BackendSession>(std::make_unique<BackendSession>(options));
  }
};

}  // namespace onedge::backends
