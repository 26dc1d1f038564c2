#include "ops/quant/narrow_types.h"

#include "ops/math/float8.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

bool IsSmallFloat(DType dtype) {
  return dtype == DType::kFloat8E4M3Fn || dtype == DType::kFloat8E4M3Fnuz || dtype == DType::kFloat8E5M2 ||
         dtype == DType::kFloat8E5M2Fnuz || dtype == DType::kFloat4E2M1;
}

// The code of element i of a type of 2, 4 or 8 bits.
uint8_t CodeAt(const Tensor& tensor, size_t bits, size_t i) {
  const size_t bit = i * bits;
  return static_cast<uint8_t>(tensor.bytes()[bit / 8] >> bit % 8 & ((1u << bits) - 1));
}

void SetCode(Tensor& tensor, size_t bits, size_t i, uint8_t code) {
  const size_t bit = i * bits;
  const uint8_t mask = static_cast<uint8_t>(((1u << bits) - 1) << bit % 8);
  uint8_t& byte = tensor.mutable_bytes()[bit / 8];
  // Elements are written in order: the first one of a byte clears the others.
  byte = static_cast<uint8_t>((bit % 8 == 0 ? 0 : byte & ~mask) | (code << bit % 8 & mask));
}

template <typename T>
void LoadAs(const Tensor& tensor, size_t first, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<float>(tensor.data<T>()[first + i]);
}

template <typename T>
void StoreAs(const float* values, Tensor& tensor, size_t first, size_t count) {
  for (size_t i = 0; i < count; ++i) tensor.mutable_data<T>()[first + i] = static_cast<T>(values[i]);
}

}  // namespace

NarrowRange NarrowRangeOf(DType dtype) {
  switch (dtype) {
    case DType::kInt8:
      return {false, -128, 127};
    case DType::kUint8:
      return {false, 0, 255};
    case DType::kInt16:
      return {false, -32768, 32767};
    case DType::kUint16:
      return {false, 0, 65535};
    case DType::kInt4:
      return {false, -8, 7};
    case DType::kUint4:
      return {false, 0, 15};
    case DType::kInt2:
      return {false, -2, 1};
    case DType::kUint2:
      return {false, 0, 3};
    default:
      return {true, 0, 0};
  }
}

Status CheckNarrow(DType dtype, size_t input) {
  if (!NarrowRangeOf(dtype).is_float || IsSmallFloat(dtype)) return OkStatus();
  return Unsupported("input ", input, ": expected an integer of 2 to 16 bits, a float8 or float4, got ",
                     DTypeName(dtype));
}

Status CheckNarrowOrReal(DType dtype, size_t input) {
  if (IsReal(dtype) || dtype == DType::kInt32 || dtype == DType::kFloat8E8M0) return OkStatus();
  return CheckNarrow(dtype, input);
}

void LoadFloats(const Tensor& tensor, size_t first, size_t count, float* out) {
  ONEDGE_DCHECK(CheckNarrowOrReal(tensor.dtype(), 0).ok());
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return LoadAs<float>(tensor, first, count, out);
    case DType::kFloat64:
      return LoadAs<double>(tensor, first, count, out);
    case DType::kInt32:
      return LoadAs<int32_t>(tensor, first, count, out);
    case DType::kInt16:
      return LoadAs<int16_t>(tensor, first, count, out);
    case DType::kUint16:
      return LoadAs<uint16_t>(tensor, first, count, out);
    case DType::kInt8:
      return LoadAs<int8_t>(tensor, first, count, out);
    case DType::kUint8:
      return LoadAs<uint8_t>(tensor, first, count, out);
    case DType::kFloat16:
      for (size_t i = 0; i < count; ++i) out[i] = ToFloat(tensor.data<Float16>()[first + i]);
      return;
    case DType::kBfloat16:
      for (size_t i = 0; i < count; ++i) out[i] = ToFloat(tensor.data<Bfloat16>()[first + i]);
      return;
    case DType::kFloat8E8M0:
      for (size_t i = 0; i < count; ++i) out[i] = E8M0ToFloat(tensor.bytes()[first + i]);
      return;
    default:
      break;
  }
  const size_t bits = DTypeBits(tensor.dtype());
  const bool small_float = IsSmallFloat(tensor.dtype());
  const SmallFloat format = SmallFloatOf(tensor.dtype());
  const bool is_signed = tensor.dtype() == DType::kInt4 || tensor.dtype() == DType::kInt2;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t code = CodeAt(tensor, bits, first + i);
    const int top = 1 << (bits - 1);
    out[i] = small_float ? SmallToFloat(code, format) : static_cast<float>(is_signed ? (code ^ top) - top : code);
  }
}

void StoreFloats(const float* values, Tensor& tensor, size_t first, size_t count, bool saturate) {
  ONEDGE_DCHECK(first + count <= static_cast<size_t>(tensor.element_count()));
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return StoreAs<float>(values, tensor, first, count);
    case DType::kFloat64:
      return StoreAs<double>(values, tensor, first, count);
    case DType::kInt16:
      return StoreAs<int16_t>(values, tensor, first, count);
    case DType::kUint16:
      return StoreAs<uint16_t>(values, tensor, first, count);
    case DType::kInt8:
      return StoreAs<int8_t>(values, tensor, first, count);
    case DType::kUint8:
      return StoreAs<uint8_t>(values, tensor, first, count);
    case DType::kFloat16:
      for (size_t i = 0; i < count; ++i) tensor.mutable_data<Float16>()[first + i] = ToFloat16(values[i]);
      return;
    case DType::kBfloat16:
      for (size_t i = 0; i < count; ++i) tensor.mutable_data<Bfloat16>()[first + i] = ToBfloat16(values[i]);
      return;
    default:
      break;
  }
  const size_t bits = DTypeBits(tensor.dtype());
  const bool small_float = IsSmallFloat(tensor.dtype());
  const SmallFloat format = SmallFloatOf(tensor.dtype());
  for (size_t i = 0; i < count; ++i) {
    const uint8_t code =
        small_float ? SmallFromFloat(values[i], format, saturate) : static_cast<uint8_t>(static_cast<int>(values[i]));
    SetCode(tensor, bits, first + i, code);
  }
}

}  // namespace onedge::ops
