// ShapeContext: the environment of shape inference for an operator. The same code works at load, where dimensions may
// be symbolic or unknown, and in the planner, where the input shapes of a run are known. Not thread-safe.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace onedge::ops {

using graph::Dim;
using graph::Dims;
using graph::TypeInfo;

class ShapeContext {
 public:
  struct Input {
    const TypeInfo* type = nullptr;     // null: the optional input is absent
    const Tensor* constant = nullptr;   // null: the value is unknown
    const Dims* shape_value = nullptr;  // an int64 vector or scalar with partly known elements, as dims
  };
  struct Output {
    TypeInfo type;
    std::optional<Dims> shape_value;
  };
  // Infers a subgraph's output types from its input types (If, Loop, Scan).
  using SubgraphInference =
      std::function<Result<std::vector<TypeInfo>>(const graph::Graph& subgraph, std::span<const TypeInfo> inputs)>;

  ShapeContext(std::span<const Input> inputs, std::span<Output> outputs, SubgraphInference infer_subgraph = nullptr);

  size_t input_count() const { return inputs_.size(); }
  size_t output_count() const { return outputs_.size(); }
  bool HasInput(size_t i) const { return i < inputs_.size() && inputs_[i].type != nullptr; }

  // Fails if input `i` is absent or known not to be a tensor.
  Status RequireTensor(size_t i) const;
  // kUndefined or null if the input is absent or unknown.
  DType InputDType(size_t i) const;
  const Dims* InputDims(size_t i) const;
  const TypeInfo& InputType(size_t i) const;  // kUnknown if absent
  // The value, if it is known before the run.
  const Tensor* InputConstant(size_t i) const { return i < inputs_.size() ? inputs_[i].constant : nullptr; }
  // The integers of input `i` if they are known before the run; for axes, sizes and the like.
  Result<std::optional<InlineVector<int64_t, 8>>> InputInts(size_t i) const;
  // The elements of input `i` (an integer vector or scalar) as dims, some perhaps unknown; nullopt if nothing is known.
  std::optional<Dims> InputShapeValue(size_t i) const;

  void SetOutput(size_t i, DType dtype, std::optional<Dims> dims);  // has no effect if output `i` is omitted
  void SetOutputType(size_t i, TypeInfo type);
  // For operators that compute shapes: the elements of output `i`, as far as they are known.
  void SetOutputShapeValue(size_t i, Dims elements);

  Result<std::vector<TypeInfo>> InferSubgraph(const graph::Graph& subgraph, std::span<const TypeInfo> inputs) const;

 private:
  std::span<const Input> inputs_;
  std::span<Output> outputs_;
  SubgraphInference infer_subgraph_;
};

// Numpy's broadcasting over dims; an unknown dim with 1 or unknown stays unknown. Fails if both are known and differ.
Result<Dims> BroadcastDims(const Dims& a, const Dims& b);

// Output 0: the broadcast of all inputs' shapes, with the given dtype.
Status InferBroadcast(ShapeContext& ctx, DType dtype);
// Output 0: dtype and shape of input 0.
Status InferSameAsInput(ShapeContext& ctx);

}  // namespace onedge::ops
