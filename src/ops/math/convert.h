// Conversion of elements between dtypes by the rules of Cast; shared by operators that compute in another dtype than
// they store.
#pragma once

#include "base/thread_pool.h"
#include "tensor/tensor.h"

namespace onedge::ops {

// For float8e8m0, which holds only powers of two.
enum class ScaleRounding : uint8_t { kUp, kDown, kNearest };

struct ConvertOptions {
  bool saturate = true;  // float8: values beyond the largest become the largest, not infinity or NaN
  ScaleRounding rounding = ScaleRounding::kUp;
};

// True for every pair of numbers, bool and strings; false for complex.
bool CanConvert(DType from, DType to);

// y[i] = x[i] in y's dtype. Float to integer truncates towards zero: a value out of int64's range becomes the nearest
// bound, NaN becomes 0, and narrower integers take the low bits. Fails if a string is not a number. REQUIRES:
// CanConvert(x.dtype(), y.dtype()) and equal element counts.
Status ConvertElements(ThreadPool* pool, const Tensor& x, Tensor& y, const ConvertOptions& options = {});

// `x` itself if it has the dtype, otherwise a converted copy.
Result<Tensor> ConvertedTo(DType dtype, const Tensor& x, ThreadPool* pool, MemoryBudget* budget);

}  // namespace onedge::ops
