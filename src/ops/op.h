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

class Op {
 public:
  virtual ~Op() = default;

  // Sets the type of every output, from the input types and from those input values that are known. Dimensions that
  // cannot be told are left unknown. Fails when the inputs contradict the operator's definition.
  virtual Status InferShapes(ShapeContext& ctx) const = 0;

  // The portable kernel. Checks what InferShapes could not. Never called for nodes that a backend lowered.
  virtual Status Run(OpContext& ctx) const = 0;

  // Bytes that Run asks of ctx.Workspace() for these input shapes (all known). 0: none.
  virtual size_t WorkspaceBytes(const ShapeContext& ctx) const {
    static_cast<void>(ctx);
    return 0;
  }

  // The input whose elements output 0 shares, only under another shape (Reshape, Identity, ...). Such nodes are not
  // run.
  virtual std::optional<size_t> AliasedInput() const { return std::nullopt; }

  // False when two runs on the same inputs may differ (RandomNormal, ...): never folded, never merged.
  virtual bool deterministic() const { return true; }
};

// Becomes the node's own, which copies of its graph share. Made unique: a shared_ptr's making is code for each
// operator.
using OpPtr = std::unique_ptr<const Op>;

// Reads a node's attributes and makes its Op. Each operator's file specialises this for its own type; registry.cc lists
// them.
template <typename T>
Result<OpPtr> Parse(AttributeReader& attrs);

}  // namespace onedge::ops
