// Room: the memory layout of a tensor that grows: that of a tensor with `entries` entries along dimension `axis`. The
// tensor uses the first ones, so appending moves nothing.
#pragma once

#include "tensor/tensor.h"

namespace onedge::runtime {

struct Room {
  size_t axis;
  int64_t entries;
};

// Whether a tensor of this shape is contiguous in its room.
inline bool IsDense(const Shape& shape, const Room& room) { return shape.element_count(0, room.axis) == 1; }

// The shape with `entries` entries along `axis`.
Shape WithEntries(Shape shape, size_t axis, int64_t entries);

// Copies all entries of a tensor of `shape` from one room to another. REQUIRES: the dtype's elements are whole bytes.
void CopyEntries(DType dtype, const Shape& shape, size_t axis, const uint8_t* from, int64_t from_entries, uint8_t* to,
                 int64_t to_entries);

// A contiguous copy of `tensor`, which is in `room`.
Result<Tensor> DenseCopy(const Tensor& tensor, const Room& room, MemoryBudget* budget);

}  // namespace onedge::runtime
