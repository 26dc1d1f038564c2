// Shape: the sizes of a tensor's dimensions, all known and not negative. graph/type_info.h has Dims, whose dimensions
// may be unknown.
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
  // Product of the dimensions, 1 for a scalar. REQUIRES: Check() accepts the shape; a Tensor's shape always passes.
  int64_t element_count() const;
  // Product of the dimensions in [first, last).
  int64_t element_count(size_t first, size_t last) const;
  // Fails on a negative dimension and when the element count overflows 63 bits.
  Status Check() const;
  // The distance in elements between neighbours along each dimension, for a dense row-major tensor.
  InlineVector<int64_t, 8> Strides() const;
  // "[1, 128, 384]", "[]" for a scalar.
  std::string ToString() const;
};

// Numpy's rule: dimensions are aligned at the end. nullopt if the shapes do not broadcast.
std::optional<Shape> BroadcastShapes(const Shape& a, const Shape& b);

// Maps `axis` from [-rank, rank) to [0, rank); otherwise an error that names `what`.
Result<size_t> NormalizeAxis(int64_t axis, size_t rank, std::string_view what = "axis");

}  // namespace onedge
