// Tensor: a dtype, a shape and dense row-major elements. Copies share the elements, and so do views (another shape, the
// same elements). Packed types (int4, uint4, int2, ...) hold several elements a byte, low bits first.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/memory_budget.h"
#include "base/status.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace onedge {

class Tensor {
 public:
  Tensor() = default;  // kUndefined, rank 0, no elements

  // Uninitialised elements (empty strings for kString). Fails on a bad shape, on overflow, or over the budget.
  static Result<Tensor> Allocate(DType dtype, const Shape& shape, MemoryBudget* budget = nullptr);
  // The elements at `byte_offset` of `buffer`. Fails if the buffer is too short. Not for strings.
  static Result<Tensor> FromBuffer(DType dtype, const Shape& shape, Buffer buffer, size_t byte_offset = 0);
  static Result<Tensor> FromStrings(const Shape& shape, std::vector<std::string> strings);
  // Copies `values`. REQUIRES: values.size() == shape.element_count(), checked.
  template <typename T>
  static Result<Tensor> FromValues(const Shape& shape, std::span<const T> values, MemoryBudget* budget = nullptr) {
    return FromBytes(kDTypeOf<T>, shape, {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()},
                     budget);
  }
  static Result<Tensor> FromBytes(DType dtype, const Shape& shape, std::span<const uint8_t> bytes,
                                  MemoryBudget* budget = nullptr);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  size_t rank() const { return shape_.rank(); }
  int64_t dim(size_t axis) const { return shape_[axis]; }
  int64_t element_count() const { return dtype_ == DType::kUndefined ? 0 : shape_.element_count(); }
  // Bytes of the elements; 0 for strings.
  size_t byte_size() const { return byte_size_; }
  bool defined() const { return dtype_ != DType::kUndefined; }

  const uint8_t* bytes() const { return data_; }
  uint8_t* mutable_bytes() { return data_; }
  // REQUIRES: dtype() is T's, or of the same width in code that only moves elements. Not for strings.
  template <typename T>
  const T* data() const {
    ONEDGE_DCHECK(dtype_ != DType::kString && HoldsWhole(sizeof(T)));
    return reinterpret_cast<const T*>(data_);
  }
  template <typename T>
  T* mutable_data() {
    ONEDGE_DCHECK(dtype_ != DType::kString && HoldsWhole(sizeof(T)));
    return reinterpret_cast<T*>(data_);
  }
  template <typename T>
  std::span<const T> values() const {
    return {data<T>(), static_cast<size_t>(element_count())};
  }
  // REQUIRES: dtype() == kString.
  std::span<const std::string> strings() const {
    ONEDGE_DCHECK(dtype_ == DType::kString);
    return *strings_;
  }
  std::span<std::string> mutable_strings() {
    ONEDGE_DCHECK(dtype_ == DType::kString);
    return *strings_;
  }

  // The same elements under another shape with the same element count.
  Result<Tensor> Reshaped(const Shape& shape) const;
  // A copy with its own elements.
  Result<Tensor> Clone(MemoryBudget* budget = nullptr) const;
  // Integer elements (any integer dtype of 8 bits or more, or bool) widened to int64. Other dtypes are an error that
  // names `what`.
  Result<InlineVector<int64_t, 8>> ToInt64s(std::string_view what) const;
  // The owner of the bytes, for sharing them; empty for strings.
  const Buffer& buffer() const { return buffer_; }

  // "float32 [1, 128]"
  std::string ToString() const { return StrCat(DTypeName(dtype_), " ", shape_); }

 private:
  // Elements are read whole or in parts, never several at once; packed ones by their bytes.
  bool HoldsWhole(size_t bytes) const {
    const size_t bits = DTypeBits(dtype_);
    return bytes == 1 || bits % (8 * bytes) == 0;
  }

  DType dtype_ = DType::kUndefined;
  Shape shape_;
  uint8_t* data_ = nullptr;
  size_t byte_size_ = 0;
  Buffer buffer_;
  std::shared_ptr<std::vector<std::string>> strings_;
};

}  // namespace onedge
