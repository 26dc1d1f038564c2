// Elements of the types that quantisation reads and writes, as floats: integers of 2 to 16 bits, float8, float4, and
// the real types.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// What a quantised dtype holds. For the float types only `is_float` counts.
struct NarrowRange {
  bool is_float = false;
  float low = 0;
  float high = 0;
};
NarrowRange NarrowRangeOf(DType dtype);

// Fails unless `dtype` is one that QuantizeLinear may write; `input` is named in the message.
Status CheckNarrow(DType dtype, size_t input);
// The same, or real, int32 or float8e8m0 (a scale).
Status CheckNarrowOrReal(DType dtype, size_t input);

// Elements [first, first + count). REQUIRES: CheckNarrowOrReal(dtype).
void LoadFloats(const Tensor& tensor, size_t first, size_t count, float* out);
// REQUIRES: the values lie in the range of an integer dtype. `saturate`: see SmallFromFloat. Packed types: two threads
// must not write neighbouring elements.
void StoreFloats(const float* values, Tensor& tensor, size_t first, size_t count, bool saturate);

}  // namespace onedge::ops
