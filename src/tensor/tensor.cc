#include "tensor/tensor.h"

#include <cstring>

#include "base/checked_math.h"

namespace onedge {
namespace {

Result<size_t> ByteSize(DType dtype, const Shape& shape) {
  ONEDGE_RETURN_IF_ERROR(shape.Check());
  const auto count = CheckedCast<size_t>(shape.element_count());
  const auto bytes = count ? DTypeBytes(dtype, *count) : std::nullopt;
  if (!bytes)
    return ResourceExhausted("a ", DTypeName(dtype), " tensor of shape ", shape, " exceeds the address space");
  return *bytes;
}

template <typename T>
void Widen(const Tensor& tensor, InlineVector<int64_t, 8>& out) {
  for (T value : tensor.values<T>()) out.push_back(static_cast<int64_t>(value));
}

}  // namespace

Result<Tensor> Tensor::Allocate(DType dtype, const Shape& shape, MemoryBudget* budget) {
  if (dtype == DType::kUndefined) return Internal("a tensor of undefined dtype was asked for");
  ONEDGE_ASSIGN_OR_RETURN(const size_t bytes, ByteSize(dtype, shape));
  if (dtype == DType::kString) {
    const size_t count = static_cast<size_t>(shape.element_count());
    if (count > size_t{1} << 28) return ResourceExhausted("a string tensor of shape ", shape, " is too large");
    return FromStrings(shape, std::vector<std::string>(count));
  }
  ONEDGE_ASSIGN_OR_RETURN(Buffer buffer, Buffer::Allocate(bytes, budget));
  return FromBuffer(dtype, shape, std::move(buffer));
}

Result<Tensor> Tensor::FromBuffer(DType dtype, const Shape& shape, Buffer buffer, size_t byte_offset) {
  ONEDGE_ASSIGN_OR_RETURN(const size_t bytes, ByteSize(dtype, shape));
  if (byte_offset > buffer.size()) {
    return InvalidArgument("a ", DTypeName(dtype), " tensor of shape ", shape, ": expected a start within ",
                           buffer.size(), " bytes, got byte ", byte_offset);
  }
  if (bytes > buffer.size() - byte_offset) {
    return InvalidArgument("a ", DTypeName(dtype), " tensor of shape ", shape, " needs ", bytes, " bytes, got ",
                           buffer.size() - byte_offset);
  }
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = shape;
  tensor.data_ = buffer.data() + byte_offset;
  tensor.byte_size_ = bytes;
  tensor.buffer_ = std::move(buffer);
  return tensor;
}

Result<Tensor> Tensor::FromStrings(const Shape& shape, std::vector<std::string> strings) {
  ONEDGE_RETURN_IF_ERROR(shape.Check());
  if (static_cast<size_t>(shape.element_count()) != strings.size()) {
    return InvalidArgument("a string tensor of shape ", shape, " needs ", shape.element_count(), " strings, got ",
                           strings.size());
  }
  Tensor tensor;
  tensor.dtype_ = DType::kString;
  tensor.shape_ = shape;
  tensor.strings_ = std::make_shared<std::vector<std::string>>(std::move(strings));
  return tensor;
}

Result<Tensor> Tensor::FromBytes(DType dtype, const Shape& shape, std::span<const uint8_t> bytes,
                                 MemoryBudget* budget) {
  if (dtype == DType::kString) return InvalidArgument("string tensors are not made from bytes");
  ONEDGE_ASSIGN_OR_RETURN(const size_t expected, ByteSize(dtype, shape));
  if (expected != bytes.size()) {
    return InvalidArgument("a ", DTypeName(dtype), " tensor of shape ", shape, " needs ", expected, " bytes, got ",
                           bytes.size());
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Allocate(dtype, shape, budget));
  if (!bytes.empty()) std::memcpy(tensor.data_, bytes.data(), bytes.size());
  return tensor;
}

Result<Tensor> Tensor::Reshaped(const Shape& shape) const {
  ONEDGE_RETURN_IF_ERROR(shape.Check());
  if (shape.element_count() != element_count()) {
    return InvalidArgument("cannot view ", ToString(), " as shape ", shape, ": ", element_count(), " elements, not ",
                           shape.element_count());
  }
  Tensor view = *this;
  view.shape_ = shape;
  return view;
}

Result<Tensor> Tensor::Clone(MemoryBudget* budget) const {
  if (dtype_ == DType::kString) return FromStrings(shape_, *strings_);
  return FromBytes(dtype_, shape_, {data_, byte_size_}, budget);
}

Result<InlineVector<int64_t, 8>> Tensor::ToInt64s(std::string_view what) const {
  InlineVector<int64_t, 8> out;
  switch (dtype_) {
    case DType::kInt64:
      Widen<int64_t>(*this, out);
      return out;
    case DType::kInt32:
      Widen<int32_t>(*this, out);
      return out;
    case DType::kInt16:
      Widen<int16_t>(*this, out);
      return out;
    case DType::kInt8:
      Widen<int8_t>(*this, out);
      return out;
    case DType::kUint8:
      Widen<uint8_t>(*this, out);
      return out;
    case DType::kUint16:
      Widen<uint16_t>(*this, out);
      return out;
    case DType::kUint32:
      Widen<uint32_t>(*this, out);
      return out;
    case DType::kUint64:
      Widen<uint64_t>(*this, out);
      return out;
    case DType::kBool:
      Widen<uint8_t>(*this, out);
      return out;
    default:
      return InvalidArgument(what, ": expected integers, got ", ToString());
  }
}

}  // namespace onedge
