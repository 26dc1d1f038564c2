// Indices and axes that come from tensors and attributes: read as int64, checked, counted from the
// end when negative.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// The elements of an int32 or int64 tensor. The tensor must outlive it.
class Indices {
 public:
  // Fails, naming input `input`, for other dtypes.
  static Result<Indices> Of(const Tensor& tensor, size_t input);

  int64_t operator[](int64_t i) const { return wide_ ? wide_[i] : narrow_[i]; }

 private:
  const int64_t* wide_ = nullptr;
  const int32_t* narrow_ = nullptr;
};

// Counts from the end when negative. False when the index is outside [-size, size).
inline bool NormalizeIndex(int64_t& index, int64_t size) {
  if (index < 0) index += size;
  return index >= 0 && index < size;
}

// "input 1: index 30522 is out of range [-30522, 30522)"
Status IndexError(size_t input, int64_t index, int64_t size);

using Axes = InlineVector<size_t, 8>;

// Each axis in [-rank, rank) to [0, rank). Fails on one out of range or given twice.
Result<Axes> NormalizeAxes(std::span<const int64_t> axes, size_t rank);

// The integers of input `i` of a run. REQUIRES: it is there and a tensor. Fails unless it has rank
// 0 or 1.
Result<InlineVector<int64_t, 8>> InputIntegers(const OpContext& ctx, size_t i);

}  // namespace onedge::ops
