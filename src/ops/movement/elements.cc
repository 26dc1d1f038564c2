#include "ops/movement/elements.h"

#include <algorithm>
#include <cstring>

namespace onedge::ops {
namespace {

bool IsPacked(DType dtype) { return dtype != DType::kString && DTypeBits(dtype) < 8; }

void Unpack(const Tensor& tensor, uint8_t* cells) {
  const size_t bits = DTypeBits(tensor.dtype());
  const size_t per_byte = 8 / bits;
  const auto mask = static_cast<uint8_t>((1u << bits) - 1);
  const auto count = static_cast<size_t>(tensor.element_count());
  for (size_t i = 0; i < count; ++i) {
    cells[i] = static_cast<uint8_t>(tensor.bytes()[i / per_byte] >> (i % per_byte * bits)) & mask;
  }
}

void Pack(const uint8_t* cells, Tensor& tensor) {
  const size_t bits = DTypeBits(tensor.dtype());
  const size_t per_byte = 8 / bits;
  const auto count = static_cast<size_t>(tensor.element_count());
  std::fill_n(tensor.mutable_bytes(), tensor.byte_size(), uint8_t{0});
  for (size_t i = 0; i < count; ++i) {
    tensor.mutable_bytes()[i / per_byte] |= static_cast<uint8_t>(cells[i] << (i % per_byte * bits));
  }
}

}  // namespace

CellType CellTypeOf(DType dtype) {
  if (dtype == DType::kString) return CellType::kString;
  switch (DTypeBits(dtype)) {
    case 16:
      return CellType::k2;
    case 32:
      return CellType::k4;
    case 64:
      return CellType::k8;
    case 128:
      return CellType::k16;
    default:
      return CellType::k1;
  }
}

size_t CellBytes(CellType type) {
  return type == CellType::kString ? sizeof(std::string) : size_t{1} << static_cast<size_t>(type);
}

void CopyCells(CellType type, const uint8_t* from, uint8_t* to, size_t count) {
  if (count == 0) return;
  if (type == CellType::kString) {
    std::copy_n(reinterpret_cast<const std::string*>(from), count, reinterpret_cast<std::string*>(to));
  } else {
    std::memcpy(to, from, count * CellBytes(type));
  }
}

void ClearCells(CellType type, uint8_t* to, size_t count) {
  if (count == 0) return;
  if (type == CellType::kString) {
    std::fill_n(reinterpret_cast<std::string*>(to), count, std::string());
  } else {
    std::memset(to, 0, count * CellBytes(type));
  }
}

Result<InputCells> InputCells::Of(const Tensor& tensor, MemoryBudget* budget) {
  InputCells cells;
  cells.type_ = CellTypeOf(tensor.dtype());
  cells.width_ = CellBytes(cells.type_);
  if (cells.type_ == CellType::kString) {
    cells.data_ = reinterpret_cast<const uint8_t*>(tensor.strings().data());
  } else if (IsPacked(tensor.dtype())) {
    ONEDGE_ASSIGN_OR_RETURN(cells.unpacked_, Buffer::Allocate(static_cast<size_t>(tensor.element_count()), budget));
    Unpack(tensor, cells.unpacked_.data());
    cells.data_ = cells.unpacked_.data();
  } else {
    cells.data_ = tensor.bytes();
  }
  return cells;
}

Result<OutputCells> OutputCells::Of(OpContext& ctx, size_t output, DType dtype, const Shape& shape) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor* const tensor, ctx.Output(output, dtype, shape));
  return Over(*tensor, ctx.budget());
}

Result<OutputCells> OutputCells::Over(Tensor& tensor, MemoryBudget* budget) {
  OutputCells cells;
  cells.tensor_ = &tensor;
  cells.type_ = CellTypeOf(tensor.dtype());
  cells.width_ = CellBytes(cells.type_);
  if (cells.type_ == CellType::kString) {
    cells.data_ = reinterpret_cast<uint8_t*>(tensor.mutable_strings().data());
  } else if (IsPacked(tensor.dtype())) {
    ONEDGE_ASSIGN_OR_RETURN(cells.unpacked_, Buffer::Allocate(static_cast<size_t>(tensor.element_count()), budget));
    cells.data_ = cells.unpacked_.data();
  } else {
    cells.data_ = tensor.mutable_bytes();
  }
  return cells;
}

void OutputCells::Finish() {
  if (unpacked_) Pack(unpacked_.data(), *tensor_);
}

}  // namespace onedge::ops
