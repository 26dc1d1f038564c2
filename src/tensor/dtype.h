// DType: ONNX's element types, with TensorProto.DataType's own numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace onedge {

enum class DType : uint8_t {
  kUndefined = 0,
  kFloat32 = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kFloat64 = 11,
  kUint32 = 12,
  kUint64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBfloat16 = 16,
  kFloat8E4M3Fn = 17,
  kFloat8E4M3Fnuz = 18,
  kFloat8E5M2 = 19,
  kFloat8E5M2Fnuz = 20,
  kUint4 = 21,
  kInt4 = 22,
  kFloat4E2M1 = 23,
  kFloat8E8M0 = 24,
  kUint2 = 25,
  kInt2 = 26,
};

// From TensorProto.DataType; nullopt for 0 and for numbers that ONNX does not define.
std::optional<DType> DTypeFromOnnx(int32_t data_type);

// "float32", "int64", "bool": the names that NumPy and the JS and HTTP interfaces use.
std::string_view DTypeName(DType dtype);

// Bits of one element: 2 and 4 for the packed types, 0 for strings and kUndefined.
size_t DTypeBits(DType dtype);

// Bytes that `count` elements take; packed types are rounded up to whole bytes. nullopt on overflow; 0 for strings.
std::optional<size_t> DTypeBytes(DType dtype, size_t count);

bool IsFloatingPoint(DType dtype);  // every float type, the 8- and 4-bit ones too
bool IsInteger(DType dtype);        // signed and unsigned, the packed ones too; not bool

// The DType of a C++ type: kDTypeOf<float> is kFloat32. tensor/half.h defines the structs of float16 and bfloat16.
template <typename T>
inline constexpr DType kDTypeOf = DType::kUndefined;
template <>
inline constexpr DType kDTypeOf<float> = DType::kFloat32;
template <>
inline constexpr DType kDTypeOf<double> = DType::kFloat64;
template <>
inline constexpr DType kDTypeOf<int8_t> = DType::kInt8;
template <>
inline constexpr DType kDTypeOf<int16_t> = DType::kInt16;
template <>
inline constexpr DType kDTypeOf<int32_t> = DType::kInt32;
template <>
inline constexpr DType kDTypeOf<int64_t> = DType::kInt64;
template <>
inline constexpr DType kDTypeOf<uint8_t> = DType::kUint8;
template <>
inline constexpr DType kDTypeOf<uint16_t> = DType::kUint16;
template <>
inline constexpr DType kDTypeOf<uint32_t> = DType::kUint32;
template <>
inline constexpr DType kDTypeOf<uint64_t> = DType::kUint64;
template <>
inline constexpr DType kDTypeOf<bool> = DType::kBool;

}  // namespace onedge
