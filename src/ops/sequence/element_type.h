// Types of sequences and optionals, for their operators.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// The type of a sequence's elements; kUnknown if input `i` is absent or its type is unknown. Fails for other kinds.
Result<TypeInfo> SequenceElement(const ShapeContext& ctx, size_t i);

// Fails, and names the input, unless input `i` is present and a sequence.
Result<const Sequence*> SequenceInput(const OpContext& ctx, size_t i);

// The integer scalar of input `i`. Fails if it is absent, not an integer, or not a single value.
Result<int64_t> IntegerInput(const OpContext& ctx, size_t i);

}  // namespace onedge::ops
