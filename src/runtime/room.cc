#include "runtime/room.h"

#include <algorithm>

namespace onedge::runtime {

Shape WithEntries(Shape shape, size_t axis, int64_t entries) {
  shape[axis] = entries;
  return shape;
}

void CopyEntries(DType dtype, const Shape& shape, size_t axis, const uint8_t* from, int64_t from_entries, uint8_t* to,
                 int64_t to_entries) {
  const auto inner = static_cast<size_t>(shape.element_count(axis + 1, shape.rank())) * DTypeBits(dtype) / 8;
  const size_t used = inner * static_cast<size_t>(shape[axis]);
  for (int64_t i = 0; i < shape.element_count(0, axis); ++i) {
    std::copy_n(from + static_cast<size_t>(i * from_entries) * inner, used,
                to + static_cast<size_t>(i * to_entries) * inner);
  }
}

Result<Tensor> DenseCopy(const Tensor& tensor, const Room& room, MemoryBudget* budget) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(tensor.dtype(), tensor.shape(), budget));
  CopyEntries(tensor.dtype(), tensor.shape(), room.axis, tensor.bytes(), room.entries, out.mutable_bytes(),
              tensor.dim(room.axis));
  return out;
}

}  // namespace onedge::runtime
