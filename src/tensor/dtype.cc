#include "tensor/dtype.h"

#include "base/checked_math.h"

namespace onedge {
namespace {

struct Traits {
  std::string_view name;
  uint8_t bits;
};

// Indexed by DType.
constexpr Traits kTraits[] = {
    {"undefined", 0},      {"float32", 32},  {"uint8", 8},        {"int8", 8},           {"uint16", 16},
    {"int16", 16},         {"int32", 32},    {"int64", 64},       {"string", 0},         {"bool", 8},
    {"float16", 16},       {"float64", 64},  {"uint32", 32},      {"uint64", 64},        {"complex64", 64},
    {"complex128", 128},   {"bfloat16", 16}, {"float8e4m3fn", 8}, {"float8e4m3fnuz", 8}, {"float8e5m2", 8},
    {"float8e5m2fnuz", 8}, {"uint4", 4},     {"int4", 4},         {"float4e2m1", 4},     {"float8e8m0", 8},
    {"uint2", 2},          {"int2", 2},
};
constexpr size_t kCount = sizeof kTraits / sizeof kTraits[0];

}  // namespace

std::optional<DType> DTypeFromOnnx(int32_t data_type) {
  if (data_type <= 0 || static_cast<size_t>(data_type) >= kCount) return std::nullopt;
  return static_cast<DType>(data_type);
}

std::string_view DTypeName(DType dtype) { return kTraits[static_cast<size_t>(dtype)].name; }

size_t DTypeBits(DType dtype) { return kTraits[static_cast<size_t>(dtype)].bits; }

std::optional<size_t> DTypeBytes(DType dtype, size_t count) {
  const size_t bits = DTypeBits(dtype);
  if (bits < 8) return (count / 8) * bits + ((count % 8) * bits + 7) / 8;
  return CheckedMultiply(count, bits / 8);
}

bool IsFloatingPoint(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kFloat16:
    case DType::kFloat64:
    case DType::kBfloat16:
    case DType::kFloat8E4M3Fn:
    case DType::kFloat8E4M3Fnuz:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2Fnuz:
    case DType::kFloat4E2M1:
    case DType::kFloat8E8M0:
      return true;
    default:
      return false;
  }
}

bool IsInteger(DType dtype) {
  switch (dtype) {
    case DType::kUint8:
    case DType::kInt8:
    case DType::kUint16:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64:
    case DType::kUint32:
    case DType::kUint64:
    case DType::kUint4:
    case DType::kInt4:
    case DType::kUint2:
    case DType::kInt2:
      return true;
    default:
      return false;
  }
}

}  // namespace onedge
