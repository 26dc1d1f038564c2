#include "tensor/shape.h"

#include "base/checked_math.h"

namespace onedge {

int64_t Shape::element_count() const { return element_count(0, size()); }

int64_t Shape::element_count(size_t first, size_t last) const {
  ONEDGE_DCHECK(first <= last && last <= size());
  int64_t count = 1;
  for (size_t i = first; i < last; ++i) {
    ONEDGE_DCHECK((*this)[i] >= 0 && CheckedMultiply<int64_t>(count, (*this)[i]));
    count *= (*this)[i];
  }
  return count;
}

Status Shape::Check() const {
  int64_t count = 1;
  for (int64_t dim : *this) {
    if (dim < 0) return InvalidArgument("shape ", ToString(), " has a negative dimension");
    // An empty dimension must not hide an overflow of the other dimensions: strides are computed from them.
    const auto product = CheckedMultiply<int64_t>(count, dim == 0 ? 1 : dim);
    if (!product) return InvalidArgument("shape ", ToString(), " has more elements than 63 bits can count");
    count = *product;
  }
  return OkStatus();
}

InlineVector<int64_t, 8> Shape::Strides() const {
  InlineVector<int64_t, 8> strides(size(), int64_t{1});
  for (size_t i = size(); i-- > 1;) strides[i - 1] = strides[i] * (*this)[i];
  return strides;
}

std::string Shape::ToString() const {
  std::string out = "[";
  for (size_t i = 0; i < size(); ++i) {
    if (i > 0) out += ", ";
    out += StrCat((*this)[i]);
  }
  return out + "]";
}

std::optional<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  Shape out(std::max(a.rank(), b.rank()), int64_t{1});
  for (size_t i = 0; i < out.rank(); ++i) {
    const int64_t from_a = i < a.rank() ? a[a.rank() - 1 - i] : 1;
    const int64_t from_b = i < b.rank() ? b[b.rank() - 1 - i] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) return std::nullopt;
    out[out.rank() - 1 - i] = from_a == 1 ? from_b : from_a;
  }
  return out;
}

Result<size_t> NormalizeAxis(int64_t axis, size_t rank, std::string_view what) {
  const int64_t signed_rank = static_cast<int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    return InvalidArgument(what, ": expected a value in [", -signed_rank, ", ", signed_rank - 1, "] for rank ", rank,
                           ", got ", axis);
  }
  return static_cast<size_t>(axis < 0 ? axis + signed_rank : axis);
}

}  // namespace onedge
