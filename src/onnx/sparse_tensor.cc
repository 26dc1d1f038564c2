#include "onnx/sparse_tensor.h"

#include <cstring>
#include <vector>

#include "base/trimmed.h"

namespace onedge::onnx {
namespace {

Result<TensorEntry> Decode(std::span<const uint8_t> bytes, MemoryBudget* budget, uint64_t max_bytes) {
  TensorEntry values, indices;
  std::vector<int64_t> dims;
  MessageReader in(bytes, "SparseTensorProto");
  while (in.Next()) {
    if (in.field() == 1 || in.field() == 2) {
      Result<TensorEntry> part = DecodeTensor(in.Bytes(), budget);
      if (!part.ok()) return std::move(part).status();
      (in.field() == 1 ? values : indices) = std::move(*part);
    } else if (in.field() == 3) {
      in.Ints(dims);
      if (dims.size() > kMaxRank)
        return CorruptFile("sparse tensor '", values.name, "' has more than ", kMaxRank, " dims");
    }
  }
  ONEDGE_RETURN_IF_ERROR(in.status());
  const Shape shape{std::span<const int64_t>(dims)};
  const auto fail = [&](const auto&... why) { return CorruptFile("sparse tensor '", values.name, "': ", why...); };
  ONEDGE_RETURN_IF_ERROR(shape.Check());
  const DType dtype = values.tensor.dtype();
  const size_t element_bytes = DTypeBits(dtype) / 8;
  if (element_bytes == 0) return Unsupported("sparse tensor '", values.name, "' of ", DTypeName(dtype));
  if (values.tensor.rank() != 1)
    return fail("its values have shape ", values.tensor.shape(), ", expected one dimension");
  const size_t count = static_cast<size_t>(values.tensor.element_count());
  const Tensor& at = indices.tensor;
  const bool linear = at.rank() == 1;
  const bool per_dim = at.rank() == 2 && at.dim(1) == static_cast<int64_t>(shape.rank());
  if (at.dtype() != DType::kInt64 || (!linear && !per_dim) || static_cast<size_t>(at.dim(0)) != count) {
    return fail("its indices are ", at, ", expected int64 [", count, "] or [", count, ", ", shape.rank(), "]");
  }
  const auto total = DTypeBytes(dtype, static_cast<size_t>(shape.element_count()));
  if (!total || *total > max_bytes) {
    return ResourceExhausted("sparse tensor '", values.name, "' of shape ", shape, " takes more than ", max_bytes,
                             " bytes when it is made dense");
  }
  TensorEntry dense;
  dense.name = std::move(values.name);
  ONEDGE_ASSIGN_OR_RETURN(dense.tensor, Tensor::Allocate(dtype, shape, budget));
  std::memset(dense.tensor.mutable_bytes(), 0, *total);
  const auto strides = shape.Strides();
  const std::span<const int64_t> positions = at.values<int64_t>();
  for (size_t i = 0; i < count; ++i) {
    int64_t position = linear ? positions[i] : 0;
    for (size_t axis = 0; !linear && axis < shape.rank(); ++axis) {
      const int64_t index = positions[i * shape.rank() + axis];
      if (index < 0 || index >= shape[axis])
        return CorruptFile("sparse tensor '", dense.name, "': index ", index, " is outside dim ", axis, " of ", shape);
      position += index * strides[axis];
    }
    if (position < 0 || position >= shape.element_count()) {
      return CorruptFile("sparse tensor '", dense.name, "': index ", position, " is outside ", shape);
    }
    std::memcpy(dense.tensor.mutable_bytes() + static_cast<size_t>(position) * element_bytes,
                values.tensor.bytes() + i * element_bytes, element_bytes);
  }
  return dense;
}

Result<TensorEntry> Missing(std::span<const uint8_t>, MemoryBudget*, uint64_t) {
  return Unsupported("part 'sparse tensors'", kTrimmed);
}
constexpr Part<decltype(Decode)> kPartSparseTensors[] = {{"", Missing}, {"sparse tensors", Decode}};

}  // namespace

Result<TensorEntry> DecodeSparseTensor(std::span<const uint8_t> bytes, MemoryBudget* budget, uint64_t max_bytes) {
  return Chosen(kPartSparseTensors)(bytes, budget, max_bytes);
}

}  // namespace onedge::onnx
