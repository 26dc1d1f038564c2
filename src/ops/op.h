// Op: one operator of one node, its attributes parsed. Immutable and shared: Run may be called from several threads at
// once. Everything that an operator's file needs is included here.
#pragma once

#include <memory>
#include <optional>

#include "base/status.h"
#include "ops/attribute_reader.h"
#include "ops/op_context.h"
#include "ops/shape_context.h"

namespace onedge::ops {

// The subgraphs that a node runs, one after the other, in one run. The executor runs them between the calls of Next, so
// that it can stop inside of one and go on later.
class SubgraphRuns {
 public:
  virtual ~SubgraphRuns() = default;
  // The subgraph to run next; null once the node's outputs are set. `values`: what the one before gave, nothing at
  // first; replaced by the inputs of the next.
  virtual Result<const graph::Graph*> Next(OpContext& ctx, std::vector<Value>& values) = 0;
};

// The input that an output may be written over.
struct InPlace {
  size_t input;
  // Nullopt: an output of the input's shape, each of whose elements depends on no other element of the input. Set: the
  // output is the input with more entries after it along this dimension (negative: from the last), and Run writes only
  // these.
  std::optional<int64_t> appends_along;
};

class Op {
 public:
  virtual ~Op() = default;

  // Sets the type of every output, from the input types and from those input values that are known. Dimensions that
  // cannot be told are left unknown. Fails when the inputs contradict the operator's definition.
  virtual Status InferShapes(ShapeContext& ctx) const = 0;

  // The portable kernel. Checks what InferShapes could not. Never called for nodes that a backend lowered.
  virtual Status Run(OpContext& ctx) const = 0;

  // For operators that do nothing but run subgraphs (ops/control/subgraph_op.h): called instead of Run.
  virtual std::unique_ptr<SubgraphRuns> StartSubgraphs() const { return nullptr; }

  // Bytes that Run asks of ctx.Workspace() for these input shapes (all known). 0: none.
  virtual size_t WorkspaceBytes(const ShapeContext& ctx) const {
    static_cast<void>(ctx);
    return 0;
  }

  // The input whose elements output 0 shares, only under another shape (Reshape, Identity, ...). Such nodes are not
  // run.
  virtual std::optional<size_t> AliasedInput() const { return std::nullopt; }

  // The input that output `output` may be written over. See OpContext::InPlaceRoom.
  virtual std::optional<InPlace> InPlaceInput(size_t output) const {
    static_cast<void>(output);
    return std::nullopt;
  }

  // True when it rounds floats to integers of few bits as it runs. A model with such an operator keeps to the same bits
  // on every host, since a difference in the last bit of a float would become one of a whole step.
  virtual bool quantizes() const { return false; }

  // Tells the operators that As() knows apart: see Typed.
  virtual const void* type() const { return nullptr; }

  // False when two runs on the same inputs may differ (RandomNormal, ...): never folded, never merged.
  virtual bool deterministic() const { return true; }
};

// The base of an operator whose struct stands in a header, because a pass or a kernel looks into it.
template <typename T>
struct Typed : Op {
  static const void* Type() {
    static constexpr char kType = 0;
    return &kType;
  }
  const void* type() const final { return Type(); }
};

// The node's operator, if it is a T; null otherwise. REQUIRES: the node is resolved.
template <typename T>
const T* As(const graph::Node& node) {
  return node.op->type() == T::Type() ? static_cast<const T*>(node.op.get()) : nullptr;
}

// Becomes the node's own, which copies of its graph share. Made unique: a shared_ptr's making is code for each
// operator.
using OpPtr = std::unique_ptr<const Op>;

// Reads a node's attributes and makes its Op. Each operator's file specialises this for its own type; registry.cc lists
// them.
template <typename T>
Result<OpPtr> Parse(AttributeReader& attrs);

}  // namespace onedge::ops
