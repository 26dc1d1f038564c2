// Op: one operator of one node, with parsed attributes. Immutable and shared: several threads may call Run at once.
// This header includes everything that an operator's file needs.
#pragma once

#include <memory>
#include <optional>

#include "base/status.h"
#include "ops/attribute_reader.h"
#include "ops/op_context.h"
#include "ops/shape_context.h"

namespace onedge::ops {

// The subgraphs that a node runs, one after another, in one run. The executor runs them between the calls of Next, so
// that it can stop inside a subgraph and continue later.
class SubgraphRuns {
 public:
  virtual ~SubgraphRuns() = default;
  // The subgraph to run next; null once the node's outputs are set. `values`: the outputs of the previous subgraph,
  // empty at first; Next replaces them by the inputs of the next subgraph.
  virtual Result<const graph::Graph*> Next(OpContext& ctx, std::vector<Value>& values) = 0;
};

// The input that an output may overwrite.
struct InPlace {
  size_t input;
  // nullopt: the output has the input's shape, and each element depends on no other element of the input. Otherwise the
  // output is the input with more entries after it along this dimension (negative: from the last), and Run writes only
  // the new entries.
  std::optional<int64_t> appends_along;
};

class Op {
 public:
  virtual ~Op() = default;

  // Sets the type of every output, given the input types and the known input values. Dimensions that cannot be
  // determined stay unknown. Fails if the inputs contradict the operator's definition.
  virtual Status InferShapes(ShapeContext& ctx) const = 0;

  // The portable kernel. It checks what InferShapes could not check. Not called for nodes that a backend lowered.
  virtual Status Run(OpContext& ctx) const = 0;

  // For operators that only run subgraphs (ops/control/subgraph_op.h): called instead of Run.
  virtual std::unique_ptr<SubgraphRuns> StartSubgraphs() const { return nullptr; }

  // The bytes that Run takes from ctx.Workspace() for these input shapes (all known). 0: none.
  virtual size_t WorkspaceBytes(const ShapeContext& ctx) const {
    static_cast<void>(ctx);
    return 0;
  }

  // The input whose elements output 0 shares under another shape (Reshape, Identity, ...). Such nodes are not run.
  virtual std::optional<size_t> AliasedInput() const { return std::nullopt; }

  // The input that output `output` may overwrite. See OpContext::InPlaceRoom.
  virtual std::optional<InPlace> InPlaceInput(size_t output) const {
    static_cast<void>(output);
    return std::nullopt;
  }

  // True if the operator rounds floats to integers of few bits in a run. A model with such an operator must have the
  // same bits on every host, because a difference in the last bit of a float could become a whole quantization step.
  virtual bool quantizes() const { return false; }

  // Identifies the operators that As() distinguishes: see Typed.
  virtual const void* type() const { return nullptr; }

  // False if two runs on the same inputs may differ (RandomNormal, ...): such nodes are not folded and not merged.
  virtual bool deterministic() const { return true; }
};

// The base of an operator whose struct is in a header, because a pass or a kernel reads it.
template <typename T>
struct Typed : Op {
  static const void* Type() {
    static constexpr char kType = 0;
    return &kType;
  }
  const void* type() const final { return Type(); }
};

// The node's operator if it is a T; otherwise null. REQUIRES: the node is resolved.
template <typename T>
const T* As(const graph::Node& node) {
  return node.op->type() == T::Type() ? static_cast<const T*>(node.op.get()) : nullptr;
}

// Owned by the node; copies of a graph share it. unique_ptr, because constructing a shared_ptr instantiates a control
// block for each operator.
using OpPtr = std::unique_ptr<const Op>;

// Reads a node's attributes and makes its Op. Each operator's file specializes this for its own type; registry.cc lists
// them.
template <typename T>
Result<OpPtr> Parse(AttributeReader& attrs);

}  // namespace onedge::ops
