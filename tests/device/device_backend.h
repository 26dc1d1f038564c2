// DeviceBackend: a backend with its own memory, in the form of a GPU backend. Its kernels are those of the CPU, so that
// results can be compared bit by bit. The weights that these kernels pack are counted as device memory; everything else
// (activations, other constants, scratch) lies in DeviceMemory, which the host cannot read.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "backends/region.h"
#include "base/arena_layout.h"
#include "tests/device/device_memory.h"

namespace onedge::testing {

// Counts the copies across the border between host and device, for all sessions.
struct Traffic {
  std::atomic<size_t> uploads{0}, uploaded_bytes{0};
  std::atomic<size_t> downloads{0}, downloaded_bytes{0};
  std::atomic<size_t> weight_uploads{0};  // during lowering of a model
  std::atomic<size_t> region_runs{0};
};

struct DeviceOptions {
  size_t pending_calls = 0;  // how often a region reports that it is not done yet
};

// One arena for all regions and plans of the session, as large as the largest of them: between two regions no value
// stays on the device.
class DeviceSession final : public backends::BackendSession {
 public:
  explicit DeviceSession(const backends::BackendSessionOptions& options) : BackendSession(options) {}

  Status Reserve(size_t bytes) {
    if (arena_ && bytes <= arena_->size()) return OkStatus();
    arena_.reset();
    ++generation_;
    ONEDGE_ASSIGN_OR_RETURN(arena_, DeviceMemory::Allocate(bytes, device_budget()));
    return OkStatus();
  }
  DeviceMemory* arena() const { return arena_.get(); }
  size_t generation() const { return generation_; }  // of the arena: steps bind their values to it

 private:
  std::unique_ptr<DeviceMemory> arena_;
  size_t generation_ = 0;
};

// A lowered region: a kernel for each node, and its constants in device memory.
class DeviceKernel final : public backends::Kernel {
 public:
  DeviceKernel(const graph::Node& region, const DeviceOptions& options, Traffic* traffic)
      : body_(region), options_(options), traffic_(traffic) {}

  Status Upload(backends::LowerContext& ctx);
  Result<std::unique_ptr<backends::Step>> Plan(const backends::NodeShapes& shapes,
                                               backends::BackendSession* session) const override;

 private:
  friend class DeviceStep;
  bool Runs(size_t node) const { return !body_.shape_arithmetic[node]; }

  const backends::RegionBody body_;
  const DeviceOptions options_;
  Traffic* const traffic_;
  std::vector<std::unique_ptr<const backends::Kernel>> kernels_;  // by node; null: its operator
  std::unique_ptr<DeviceMemory> weights_;
  std::vector<Value> constants_;  // by value, in weights_
};

// For known shapes: the place of each value in the session's arena.
class DeviceStep final : public backends::Step {
 public:
  DeviceStep(const DeviceKernel& kernel, DeviceSession* session) : kernel_(kernel), session_(session) {}

  Status Plan(const backends::NodeShapes& shapes);
  Result<backends::Progress> Run(ops::OpContext& ctx) override;
  void Abandon() override { started_ = false; }

 private:
  class Context;
  struct Placed {
    graph::ValueId id;
    size_t block;
  };

  Status Bind();
  Status Start(ops::OpContext& ctx);
  Status Finish(ops::OpContext& ctx);

  const DeviceKernel& kernel_;
  DeviceSession* const session_;
  std::unique_ptr<backends::PlannedBody> planned_;
  std::vector<std::unique_ptr<backends::Step>> steps_;  // by node; null: not run, or its operator
  std::vector<ArenaBlock> blocks_;
  std::vector<Placed> placed_;
  std::vector<size_t> workspaces_;  // by node: block
  std::vector<size_t> uploads_;     // borders whose elements a node reads
  std::vector<Value> values_;       // by value, while bound to the arena of `generation_`
  size_t arena_bytes_ = 0;
  size_t generation_ = 0;
  bool started_ = false;
  size_t still_pending_ = 0;
};

class DeviceBackend final : public backends::Backend {
 public:
  explicit DeviceBackend(const DeviceOptions& options = {}) : options_(options) {}

  // Do not reset it while sessions run.
  Traffic& traffic() const { return traffic_; }

  bool Claims(const graph::Graph& graph, const graph::Node& node) const override;
  Result<std::unique_ptr<const backends::Kernel>> Lower(backends::LowerContext& ctx) const override {
    if (!backends::IsRegion(ctx.node)) return std::unique_ptr<const backends::Kernel>();
    auto kernel = std::make_unique<DeviceKernel>(ctx.node, options_, &traffic_);
    ONEDGE_RETURN_IF_ERROR(kernel->Upload(ctx));
    return std::unique_ptr<const backends::Kernel>(std::move(kernel));
  }
  Result<std::unique_ptr<backends::BackendSession>> Open(
      const backends::BackendSessionOptions& options) const override {
    return std::unique_ptr<backends::BackendSession>(std::make_unique<DeviceSession>(options));
  }

 private:
  const DeviceOptions options_;
  mutable Traffic traffic_;
};

}  // namespace onedge::testing
