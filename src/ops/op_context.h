// OpContext: the environment of a running operator: input values, memory for its outputs, threads, cancellation.
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
  // REQUIRES: HasInput(i), and a tensor; shape inference and CheckTensors ensure it.
  const Tensor& Input(size_t i) const;  // not inline: hundreds of calls
  // Fails, and names the input, unless inputs [0, required) are present and all present ones are tensors.
  Status CheckTensors(size_t required) const;

  // The value of input `i`, to keep or to change. It is moved out of the run if nothing else reads it; then the input
  // is none from now on. REQUIRES: HasInput(i).
  virtual Value TakeInput(size_t i) { return InputValue(i); }

  size_t output_count() const { return output_count_; }
  // False if the node omits output `i`.
  virtual bool WantsOutput(size_t i) const = 0;
  // The tensor for output `i`, also for omitted outputs. The operator must write all of it; it starts undefined.
  // The pointer is valid until Run returns. It allocates no heap memory if the planner knew the shape.
  virtual Result<Tensor*> Output(size_t i, DType dtype, const Shape& shape) = 0;
  // Makes output `i` share `value`: for values that are returned unchanged, and for sequences, optionals and maps.
  virtual Status SetOutput(size_t i, Value value) = 0;

  // Set if output `i` lies in the memory of the input that Op::InPlaceInput names. For an operator that appends: the
  // number of entries that fit along that dimension; both tensors are laid out as if they had that many.
  virtual std::optional<int64_t> InPlaceRoom(size_t i) const {
    static_cast<void>(i);
    return std::nullopt;
  }

  // Scratch bytes, 64-byte aligned, valid until Run returns; one call in each Run. Op::WorkspaceBytes declares them.
  virtual Result<uint8_t*> Workspace(size_t bytes) = 0;

  // Runs a subgraph of this node's attributes (it can read the surrounding values).
  virtual Result<std::vector<Value>> RunSubgraph(const graph::Graph& subgraph, std::span<const Value> inputs) = 0;

  // The type that inference gives output `i` from the types and values of this run: for outputs of a subgraph that did
  // not run. kUnknown if nothing can be inferred.
  virtual graph::TypeInfo InferredType(size_t /*i*/) const { return {}; }

  // kCancelled if the caller has asked to stop, kDeadlineExceeded after the run's deadline; for loops that take long.
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
