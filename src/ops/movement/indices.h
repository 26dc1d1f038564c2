// Indices and axes from tensors and attributes: read as int64 and checked; negative ones count from the end.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// The elements of an int32 or int64 tensor. The tensor must outlive it.
class Indices {
 public:
  // Other dtypes are an error that names input `input`.
  static Result<Indices> Of(const Tensor& tensor, size_t input);

  int64_t operator[](int64_t i) const { return wide_ ? wide_[i] : narrow_[i]; }

 private:
  const int64_t* wide_ = nullptr;
  const int32_t* narrow_ = nullptr;
};

// Counts a negative index from the end. False if the index is outside [-size, size).
inline bool NormalizeIndex(int64_t& index, int64_t size) {
  if (index < 0) index += size;
  return index >= 0 && index < size;
}

// "input 1: index 30522 is out of range [-30522, 30522)"
Status IndexError(size_t input, int64_t index, int64_t size);

using Axes = InlineVector<size_t, 8>;

// Maps each axis from [-rank, rank) to [0, rank). Fails on an axis that is out of range or given twice.
Result<Axes> NormalizeAxes(std::span<const int64_t> axes, size_t rank);

// The integers of input `i` of a run. Fails unless it has rank 0 or 1. REQUIRES: the input is present and a tensor.
Result<InlineVector<int64_t, 8>> InputIntegers(const OpContext& ctx, size_t i);

}  // namespace onedge::ops
