// OpContext: what an operator sees while it runs: input values, memory for its outputs, threads, cancellation.
// Belongs to one run of one node.
#pragma once

#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "graph/graph.h"
#include "tensor/value.h"

namespace onedge::ops {

class OpContext {
 public:
  virtual ~OpContext() = default;

  size_t input_count() const { return inputs_.size(); }
  bool HasInput(size_t i) const;
  // REQUIRES: HasInput(i).
  const Value& InputValue(size_t i) const {
    ONEDGE_DCHECK(HasInput(i));
    return *inputs_[i];
  }
  // REQUIRES: HasInput(i) and a tensor; shape inference and CheckTensors see to it.
  const Tensor& Input(size_t i) const;  // not inline: hundreds of calls
  // Fails, naming the input, unless inputs [0, required) are there and all that are there are tensors.
  Status CheckTensors(size_t required) const;

  size_t output_count() const { return output_count_; }
  // False where the node leaves output `i` out.
  virtual bool WantsOutput(size_t i) const = 0;
  // The tensor to write output `i` to, all of it; its elements start undefined. Works for left-out outputs too.
  // The pointer is valid until Run returns. No heap allocation where the planner knew the shape.
  virtual Result<Tensor*> Output(size_t i, DType dtype, const Shape& shape) = 0;
  // Output `i` shares `value`: for what is passed on unchanged, and for sequences, optionals and maps.
  virtual Status SetOutput(size_t i, Value value) = 0;

  // Set when output `i` lies where the input that Op::InPlaceInput names lies. For an operator that appends: the
  // entries for which there is room along that dimension; both tensors' elements lie as if it had so many.
  virtual std::optional<int64_t> InPlaceRoom(size_t i) const {
    static_cast<void>(i);
    return std::nullopt;
  }

  // Scratch bytes, 64-byte aligned, until Run returns; one call a Run. Declared by Op::WorkspaceBytes.
  virtual Result<uint8_t*> Workspace(size_t bytes) = 0;

  // Runs a subgraph of this node's attributes (it sees the values around it).
  virtual Result<std::vector<Value>> RunSubgraph(const graph::Graph& subgraph, std::span<const Value> inputs) = 0;

  // The type that inference gives output `i`, from the types and values of this run: for outputs of a subgraph that did
  // not run. kUnknown where nothing can be told.
  virtual graph::TypeInfo InferredType(size_t /*i*/) const { return {}; }

  // kCancelled when the caller has asked to stop, kDeadlineExceeded after the run's deadline; for loops that take long.
  virtual Status CheckCancelled() const = 0;

  ThreadPool* threads() const { return threads_; }  // may be null
  MemoryBudget* budget() const { return budget_; }  // may be null

 protected:
  std::span<const Value* const> inputs_;
  size_t output_count_ = 0;
  ThreadPool* threads_ = nullptr;
  MemoryBudget* budget_ = nullptr;
};

}  // namespace onedge::ops
