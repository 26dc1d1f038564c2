// Types of sequences and optionals, as their operators see them.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// The type of a sequence's elements; kUnknown where input `i` is left out or its type is not known.
// Fails for other kinds.
Result<TypeInfo> SequenceElement(const ShapeContext& ctx, size_t i);

// Fails, naming the input, unless input `i` is there and a sequence.
Result<const Sequence*> SequenceInput(const OpContext& ctx, size_t i);

// The integer scalar of input `i`. Fails when it is left out, no integer, or more than one.
Result<int64_t> IntegerInput(const OpContext& ctx, size_t i);

}  // namespace onedge::ops
