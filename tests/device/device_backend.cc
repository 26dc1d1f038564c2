#include "tests/device/device_backend.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <string_view>

#include "backends/cpu/cpu_backend.h"

namespace onedge::testing {

using backends::Kernel;
using backends::LowerContext;
using backends::NodeShapes;
using backends::Progress;
using graph::kNoValue;
using graph::ValueId;

namespace {

size_t IndexOf(ValueId id) { return static_cast<size_t>(id); }

// Operators for which this device has kernels.
constexpr std::string_view kClaimed[] = {
    "Add",
    "And",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Conv",
    "Div",
    "DynamicQuantizeLinear",
    "DynamicQuantizedLinear",
    "EmbedLayerNormalization",
    "Equal",
    "Erf",
    "Exp",
    "Flatten",
    "Gather",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "Greater",
    "Identity",
    "LayerNormalization",
    "Less",
    "Linear",
    "Log",
    "MatMul",
    "MatMulInteger",
    "MaxPool",
    "Mul",
    "Neg",
    "Not",
    "Pow",
    "Relu",
    "Reciprocal",
    "ScaledDotProductAttention",
    "Sigmoid",
    "SkipLayerNormalization",
    "Softmax",
    "Sqrt",
    "Sub",
    "Tanh",
    "Transpose",
    "Where",
};
// Operators whose output shapes depend on the elements of all inputs except the first.
constexpr std::string_view kClaimedWithShapes[] = {"Expand",  "Pad",   "ReduceMean", "ReduceMax", "ReduceSum",
                                                   "Reshape", "Slice", "Squeeze",    "Split",     "Unsqueeze"};

bool Lists(std::span<const std::string_view> list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool HasKnownDType(const graph::Graph& graph, ValueId id) {
  if (id == kNoValue) return true;
  const graph::TypeInfo& type = graph.values[IndexOf(id)].type;
  return type.is_tensor() && type.dtype != DType::kUndefined && type.dtype != DType::kString;
}

}  // namespace

// The context of a node in the region: its values are on the device.
class DeviceStep::Context final : public ops::OpContext {
 public:
  Context(DeviceStep& step, size_t node, ops::OpContext& outer)
      : step_(step), node_(step.kernel_.body_.graph.nodes[node]), index_(node), outer_(outer) {
    for (ValueId id : node_.inputs) pointers_.push_back(id == kNoValue ? nullptr : &step_.values_[IndexOf(id)]);
    inputs_ = pointers_;
    output_count_ = node_.outputs.size();
    threads_ = outer.threads();
  }
  bool WantsOutput(size_t i) const override { return i < node_.outputs.size() && node_.outputs[i] != kNoValue; }
  Result<Tensor*> Output(size_t i, DType dtype, const Shape& shape) override {
    if (!WantsOutput(i)) {
      ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
      return &discarded_.emplace_back(std::move(tensor));
    }
    Tensor& tensor = step_.values_[IndexOf(node_.outputs[i])].tensor();
    if (tensor.dtype() != dtype || !(tensor.shape() == shape)) return Internal("not as planned: ", tensor);
    return &tensor;
  }
  Status SetOutput(size_t i, Value value) override {
    if (!WantsOutput(i)) return OkStatus();
    ONEDGE_ASSIGN_OR_RETURN(Tensor * to, Output(i, value.tensor().dtype(), value.tensor().shape()));
    if (to->byte_size() > 0) std::memmove(to->mutable_bytes(), value.tensor().bytes(), to->byte_size());
    return OkStatus();
  }
  Result<uint8_t*> Workspace(size_t bytes) override {
    const ArenaBlock& block = step_.blocks_[step_.workspaces_[index_]];
    if (bytes > block.bytes) return Internal("asked for ", bytes, " bytes of scratch, declared ", block.bytes);
    return step_.session_->arena()->buffer().data() + block.offset;
  }
  Result<std::vector<Value>> RunSubgraph(const graph::Graph&, std::span<const Value>) override {
    return Internal("this backend claims no node with a subgraph");
  }
  Status CheckCancelled() const override { return outer_.CheckCancelled(); }

 private:
  DeviceStep& step_;
  const graph::Node& node_;
  const size_t index_;
  ops::OpContext& outer_;
  InlineVector<const Value*, 16> pointers_;
  std::deque<Tensor> discarded_;
};

bool DeviceBackend::Claims(const graph::Graph& graph, const graph::Node& node) const {
  const auto known = [&](ValueId id) { return HasKnownDType(graph, id) || graph.FindConstant(id); };
  if (!std::all_of(node.inputs.begin(), node.inputs.end(), known)) return false;
  if (!std::all_of(node.outputs.begin(), node.outputs.end(), known)) return false;
  if (Lists(kClaimed, node.op_type)) return true;
  if (!Lists(kClaimedWithShapes, node.op_type)) return false;
  // The shape may come from outside the region, or be shape arithmetic inside; the region must not compute it.
  const std::vector<bool> shape_arithmetic = ops::FindShapeArithmetic(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const graph::Node& producer = graph.nodes[i];
    const bool makes_the_shape = std::any_of(producer.outputs.begin(), producer.outputs.end(), [&](ValueId id) {
      return id != kNoValue && std::find(node.inputs.begin() + 1, node.inputs.end(), id) != node.inputs.end();
    });
    if (makes_the_shape && !shape_arithmetic[i] && Claims(graph, producer)) return false;
  }
  return true;
}

Status DeviceKernel::Upload(LowerContext& ctx) {
  const graph::Graph& graph = body_.graph;
  const backends::cpu::CpuBackend cpu;
  std::vector<size_t> readers(graph.values.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    kernels_.emplace_back();
    if (!Runs(i)) continue;
    for (ValueId id : node.inputs) {
      if (id != kNoValue) ++readers[IndexOf(id)];
    }
    LowerContext inner{graph, node, ctx.exact, ctx.device_budget, ctx.device_budget, nullptr, {}};
    ONEDGE_ASSIGN_OR_RETURN(kernels_.back(), cpu.Lower(inner));
    for (const LowerContext::Claim& claim : inner.claims) {
      // A constant that kernels have packed and no other node reads.
      if (--readers[IndexOf(claim.id)] == 0) ctx.ClaimConstant(graph, claim.id);
    }
  }
  std::vector<std::pair<ValueId, size_t>> placed;
  size_t bytes = 0;
  for (const auto& [id, tensor] : graph.constants) {
    if (readers[IndexOf(id)] == 0) continue;
    placed.emplace_back(id, bytes);
    bytes += (tensor.byte_size() + Buffer::kReadablePadding + 63) / 64 * 64;
  }
  constants_.resize(graph.values.size());
  if (placed.empty()) return OkStatus();
  ONEDGE_ASSIGN_OR_RETURN(weights_, DeviceMemory::Allocate(bytes, ctx.device_budget));
  const DeviceMemory::Access access(weights_.get());
  for (const auto& [id, offset] : placed) {
    const Tensor& tensor = graph.constants.at(id);
    if (tensor.byte_size() > 0) std::memcpy(weights_->buffer().data() + offset, tensor.bytes(), tensor.byte_size());
    ONEDGE_ASSIGN_OR_RETURN(constants_[IndexOf(id)],
                            Tensor::FromBuffer(tensor.dtype(), tensor.shape(), weights_->buffer(), offset));
    ++traffic_->weight_uploads;
    // Small constants also stay on the host: shape inference reads axes, sizes and similar inputs.
    if (tensor.element_count() > 64) ctx.ClaimConstant(graph, id);
  }
  return OkStatus();
}

Result<std::unique_ptr<backends::Step>> DeviceKernel::Plan(const NodeShapes& shapes,
                                                           backends::BackendSession* session) const {
  auto step = std::make_unique<DeviceStep>(*this, static_cast<DeviceSession*>(session));
  ONEDGE_RETURN_IF_ERROR(step->Plan(shapes));
  return std::unique_ptr<backends::Step>(std::move(step));
}

Status DeviceStep::Plan(const NodeShapes& shapes) {
  const graph::Graph& graph = kernel_.body_.graph;
  ONEDGE_ASSIGN_OR_RETURN(planned_, backends::PlanBody(kernel_.body_, shapes, {session_->budget()}));
  constexpr size_t kNoBlock = static_cast<size_t>(-1);
  std::vector<size_t> block_of(graph.values.size(), kNoBlock);
  const auto place = [&](ValueId id, size_t first) {
    const DType dtype = planned_->DTypeOf(id);
    const auto bytes = DTypeBytes(dtype, static_cast<size_t>(planned_->ShapeOf(id).element_count()));
    block_of[IndexOf(id)] = blocks_.size();
    placed_.push_back({id, blocks_.size()});
    blocks_.push_back({bytes.value_or(SIZE_MAX / 2), first, first});
  };
  const auto read = [&](ValueId id, size_t node) {
    if (block_of[IndexOf(id)] != kNoBlock) blocks_[block_of[IndexOf(id)]].last = node;
  };
  std::vector<bool> is_read(graph.values.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (ValueId id : graph.nodes[i].inputs) {
      if (id != kNoValue && kernel_.Runs(i)) is_read[IndexOf(id)] = true;
    }
  }
  for (size_t i = 0; i < graph.captures.size(); ++i) {
    // A border that only shape arithmetic reads is not uploaded.
    if (!is_read[IndexOf(graph.captures[i].inner)]) continue;
    uploads_.push_back(i);
    place(graph.captures[i].inner, 0);
  }
  workspaces_.resize(graph.nodes.size());
  steps_.resize(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!kernel_.Runs(i)) continue;
    const graph::Node& node = graph.nodes[i];
    std::vector<Shape> inputs, outputs;
    std::vector<const Shape*> pointers;
    inputs.reserve(node.inputs.size());
    for (ValueId id : node.inputs) {
      inputs.push_back(id == kNoValue ? Shape() : planned_->ShapeOf(id));
      pointers.push_back(id == kNoValue ? nullptr : &inputs.back());
      if (id != kNoValue) read(id, i);
    }
    for (ValueId id : node.outputs) {
      outputs.push_back(id == kNoValue ? Shape() : planned_->ShapeOf(id));
      if (id != kNoValue) place(id, i);
    }
    size_t workspace = ops::WorkspaceBytesOf(node, planned_->ahead.known());
    if (kernel_.kernels_[i]) {
      ONEDGE_ASSIGN_OR_RETURN(steps_[i], kernel_.kernels_[i]->Plan({pointers, outputs}, session_));
      workspace = steps_[i]->workspace_bytes();
    }
    workspaces_[i] = blocks_.size();
    blocks_.push_back({workspace, i, i});
  }
  for (ValueId id : graph.outputs) read(id, graph.nodes.size());
  const auto bytes = LayOutArena(blocks_);
  if (!bytes) return ResourceExhausted("a region needs more memory than there are addresses");
  arena_bytes_ = *bytes;
  return session_->Reserve(arena_bytes_);
}

// Binds the values of the region: in the arena, in the weights, or, for shape arithmetic, as parameters from the host.
Status DeviceStep::Bind() {
  ONEDGE_RETURN_IF_ERROR(session_->Reserve(arena_bytes_));  // another plan may have failed to get a larger one
  if (generation_ == session_->generation()) return OkStatus();
  values_ = kernel_.constants_;
  for (const auto& computed : planned_->ahead.computed()) values_[IndexOf(computed->id)] = computed->tensor;
  for (const Placed& placed : placed_) {
    ONEDGE_ASSIGN_OR_RETURN(values_[IndexOf(placed.id)],
                            Tensor::FromBuffer(planned_->DTypeOf(placed.id), planned_->ShapeOf(placed.id),
                                               session_->arena()->buffer(), blocks_[placed.block].offset));
  }
  generation_ = session_->generation();
  return OkStatus();
}

Result<Progress> DeviceStep::Run(ops::OpContext& ctx) {
  if (!started_) {
    ONEDGE_RETURN_IF_ERROR(Start(ctx));
    still_pending_ = kernel_.options_.pending_calls;
    started_ = true;
  }
  if (still_pending_ > 0) {
    --still_pending_;
    return Progress::kPending;
  }
  started_ = false;
  ONEDGE_RETURN_IF_ERROR(Finish(ctx));
  return Progress::kDone;
}

Status DeviceStep::Start(ops::OpContext& ctx) {
  ONEDGE_RETURN_IF_ERROR(Bind());
  const graph::Graph& graph = kernel_.body_.graph;
  const DeviceMemory::Access arena(session_->arena()), weights(kernel_.weights_.get());
  for (size_t i : uploads_) {
    const Tensor& from = ctx.Input(i);
    Tensor& to = values_[IndexOf(graph.captures[i].inner)].tensor();
    if (from.byte_size() > 0) std::memcpy(to.mutable_bytes(), from.bytes(), from.byte_size());
    ++kernel_.traffic_->uploads;
    kernel_.traffic_->uploaded_bytes += from.byte_size();
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!kernel_.Runs(i)) continue;
    const graph::Node& node = graph.nodes[i];
    Context inner(*this, i, ctx);
    Status status;
    if (steps_[i]) {
      status = steps_[i]->Run(inner).status();
    } else {
      status = node.op->Run(inner);
    }
    if (!status.ok()) return std::move(status).WithNode(node.name, node.op_type);
  }
  ++kernel_.traffic_->region_runs;
  return OkStatus();
}

Status DeviceStep::Finish(ops::OpContext& ctx) {
  const graph::Graph& graph = kernel_.body_.graph;
  const DeviceMemory::Access arena(session_->arena());
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    if (!ctx.WantsOutput(i)) continue;
    const Tensor& from = values_[IndexOf(graph.outputs[i])].tensor();
    ONEDGE_ASSIGN_OR_RETURN(Tensor * to, ctx.Output(i, from.dtype(), from.shape()));
    if (from.byte_size() > 0) std::memcpy(to->mutable_bytes(), from.bytes(), from.byte_size());
    ++kernel_.traffic_->downloads;
    kernel_.traffic_->downloaded_bytes += from.byte_size();
  }
  return OkStatus();
}

}  // namespace onedge::testing
