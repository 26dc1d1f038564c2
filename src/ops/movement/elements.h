// The elements of tensors as cells of 1, 2, 4, 8 or 16 bytes, or strings. Code that only moves elements works on cells,
// so it is compiled once for each width and not for each dtype. Packed types (4 and 2 bits) are unpacked to one byte a
// cell on input and packed again on output.
#pragma once

#include <string>
#include <type_traits>

#include "ops/op.h"

namespace onedge::ops {

enum class CellType : uint8_t { k1, k2, k4, k8, k16, kString };

struct Cell16 {
  uint64_t parts[2];
};

CellType CellTypeOf(DType dtype);
// The distance in bytes between cells; for strings, the size of the string object.
size_t CellBytes(CellType type);

// Calls body(std::type_identity<T>()) with the C++ type of the cells.
template <typename Body>
void DispatchCell(CellType type, const Body& body) {
  switch (type) {
    case CellType::k1:
      return body(std::type_identity<uint8_t>());
    case CellType::k2:
      return body(std::type_identity<uint16_t>());
    case CellType::k4:
      return body(std::type_identity<uint32_t>());
    case CellType::k8:
      return body(std::type_identity<uint64_t>());
    case CellType::k16:
      return body(std::type_identity<Cell16>());
    case CellType::kString:
      return body(std::type_identity<std::string>());
  }
}

// Copies `count` neighbouring cells.
void CopyCells(CellType type, const uint8_t* from, uint8_t* to, size_t count);
// Sets `count` neighbouring cells to zero, and strings to empty.
void ClearCells(CellType type, uint8_t* to, size_t count);

// An input's elements as cells. The tensor must outlive it.
class InputCells {
 public:
  static Result<InputCells> Of(const Tensor& tensor, MemoryBudget* budget);

  CellType type() const { return type_; }
  const uint8_t* at(int64_t index) const { return data_ + index * static_cast<int64_t>(width_); }
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(data_);
  }

 private:
  CellType type_ = CellType::k1;
  size_t width_ = 1;
  const uint8_t* data_ = nullptr;
  Buffer unpacked_;
};

// An output's elements as cells. Call Finish() after the last write: it packs packed types.
class OutputCells {
 public:
  static Result<OutputCells> Of(OpContext& ctx, size_t output, DType dtype, const Shape& shape);
  // Wraps an existing tensor, such as one allocated for a subgraph. The tensor must outlive the
  // OutputCells.
  static Result<OutputCells> Over(Tensor& tensor, MemoryBudget* budget);

  CellType type() const { return type_; }
  uint8_t* at(int64_t index) { return data_ + index * static_cast<int64_t>(width_); }
  template <typename T>
  T* data() {
    return reinterpret_cast<T*>(data_);
  }
  void Finish();

 private:
  CellType type_ = CellType::k1;
  size_t width_ = 1;
  uint8_t* data_ = nullptr;
  Tensor* tensor_ = nullptr;
  Buffer unpacked_;
};

}  // namespace onedge::ops
