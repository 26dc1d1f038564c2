// Conversion of elements between dtypes, as Cast defines it; shared by operators that compute in another dtype than
// they store.
#pragma once

#include "base/thread_pool.h"
#include "tensor/tensor.h"

namespace onedge::ops {

// For float8e8m0, which has powers of two only.
enum class ScaleRounding : uint8_t { kUp, kDown, kNearest };

struct ConvertOptions {
  bool saturate = true;  // float8: values beyond the largest become it, rather than infinity or NaN
  ScaleRounding rounding = ScaleRounding::kUp;
};

// True for every pair of numbers, bool and strings; false for complex.
bool CanConvert(DType from, DType to);

// y[i] = x[i] as y's dtype. Float to integer truncates towards zero; what int64 cannot hold becomes its nearest bound,
// NaN 0, and narrower integers take the low bits. Fails where a string is not a number. REQUIRES: CanConvert(x.dtype(),
// y.dtype()) and equal element counts.
Status ConvertElements(ThreadPool* pool, const Tensor& x, Tensor& y, const ConvertOptions& options = {});

// `x` itself where it has that dtype, otherwise a converted copy.
Result<Tensor> ConvertedTo(DType dtype, const Tensor& x, ThreadPool* pool, MemoryBudget* budget);

}  // namespace onedge::ops
