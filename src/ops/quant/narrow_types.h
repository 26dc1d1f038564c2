// The elements of the dtypes that quantization reads and writes, as floats: integers of 2 to 16 bits, float8, float4,
// and the real types.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// The range of a quantized dtype. For float types only `is_float` is used.
struct NarrowRange {
  bool is_float = false;
  float low = 0;
  float high = 0;
};
NarrowRange NarrowRangeOf(DType dtype);

// Fails unless QuantizeLinear may write `dtype`; the message names `input`.
Status CheckNarrow(DType dtype, size_t input);
// The same, but also accepts real dtypes, int32 and float8e8m0 (a scale).
Status CheckNarrowOrReal(DType dtype, size_t input);

// Elements [first, first + count). REQUIRES: CheckNarrowOrReal(dtype).
void LoadFloats(const Tensor& tensor, size_t first, size_t count, float* out);
// `saturate`: see SmallFromFloat. REQUIRES: the values lie in the range of an integer dtype. Two threads must not write
// neighbouring elements of a packed type.
void StoreFloats(const float* values, Tensor& tensor, size_t first, size_t count, bool saturate);

}  // namespace onedge::ops
