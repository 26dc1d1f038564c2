// Shape: the sizes of a tensor's dimensions, all known and none negative. For shapes with unknown dimensions see
// graph/type_info.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/inline_vector.h"
#include "base/status.h"

namespace onedge {

class Shape : public InlineVector<int64_t, 8> {
 public:
  using InlineVector::InlineVector;

  size_t rank() const { return size(); }
  // Product of the dimensions, 1 for a scalar. REQUIRES: a shape that Check() accepted; sizes of Tensors are.
  int64_t element_count() const;
  // Product of the dimensions in [first, last).
  int64_t element_count(size_t first, size_t last) const;
  // Fails on a negative dimension and when the element count overflows 63 bits.
  Status Check() const;
  // Elements between neighbours along each dimension, for a dense row-major tensor.
  InlineVector<int64_t, 8> Strides() const;
  // "[1, 128, 384]", "[]" for a scalar.
  std::string ToString() const;
};

// Numpy's rule, dimensions aligned at the end; nullopt when the shapes do not broadcast.
std::optional<Shape> BroadcastShapes(const Shape& a, const Shape& b);

// `axis` in [-rank, rank) to [0, rank); an error that names `what` otherwise.
Result<size_t> NormalizeAxis(int64_t axis, size_t rank, std::string_view what = "axis");

}  // namespace onedge
