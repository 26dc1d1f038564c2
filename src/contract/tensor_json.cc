#include "contract/tensor_json.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "tensor/half.h"
#include "text/unicode/utf8.h"

namespace onedge::contract {
namespace {

constexpr std::pair<std::string_view, DType> kDatatypes[] = {
    {"BOOL", DType::kBool},     {"UINT8", DType::kUint8},  {"UINT16", DType::kUint16}, {"UINT32", DType::kUint32},
    {"UINT64", DType::kUint64}, {"INT8", DType::kInt8},    {"INT16", DType::kInt16},   {"INT32", DType::kInt32},
    {"INT64", DType::kInt64},   {"FP16", DType::kFloat16}, {"BF16", DType::kBfloat16}, {"FP32", DType::kFloat32},
    {"FP64", DType::kFloat64},  {"BYTES", DType::kString},
};

constexpr int kDeepest = 32;  // nested arrays

// Calls `take` with each element, in order, until it fails.
template <typename Take>
Status ForEach(JsonValue array, int depth, Take& take) {
  if (depth == kDeepest) return InvalidArgument("data: arrays are nested more than ", kDeepest, " deep");
  for (JsonCursor at(array); at.Next();) {
    ONEDGE_RETURN_IF_ERROR(at.value().is_array() ? ForEach(at.value(), depth + 1, take) : take(at.value()));
  }
  return OkStatus();
}

Status CheckElements(DType dtype, uint64_t got, const Shape& shape) {
  if (got == static_cast<uint64_t>(shape.element_count())) return OkStatus();
  return InvalidArgument("data: expected ", shape.element_count(), " elements of ", DatatypeOf(dtype),
                         " for its shape, got ", got);
}

Status Expected(const char* what, DType dtype) {
  return InvalidArgument("expected ", what, " for ", DatatypeOf(dtype));
}

// Rounds to float32; an inexact result gets an odd last bit. So a second rounding, to 16 bits, gives the same number as
// one rounding from the double.
float RoundToOdd(double value) {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || !std::isfinite(nearest)) return nearest;
  uint32_t bits = std::bit_cast<uint32_t>(nearest);
  if (std::abs(static_cast<double>(nearest)) > std::abs(value)) --bits;
  return std::bit_cast<float>(bits | 1);
}

template <typename T>
Status ReadInteger(JsonValue value, DType dtype, T& out) {
  if (const auto count = value.Count()) {
    out = static_cast<T>(*count);
    if (*count <= static_cast<uint64_t>(std::numeric_limits<T>::max())) return OkStatus();
  } else if (const auto integer = value.Integer()) {  // below 0
    out = static_cast<T>(*integer);
    if (std::numeric_limits<T>::is_signed && static_cast<int64_t>(out) == *integer) return OkStatus();
  } else {
    const double number = value.number();
    if (!value.is_number() || number != std::floor(number)) return Expected("integers", dtype);
    if (std::abs(number) <= 0x1p53) out = static_cast<T>(static_cast<int64_t>(number));
    if (std::abs(number) <= 0x1p53 && static_cast<double>(out) == number) return OkStatus();
  }
  return Expected("integers in its range", dtype);
}

// Fills in the elements of a numeric type.
template <typename T, typename Read>
Status Fill(Tensor& tensor, JsonValue data, Read read) {
  T* out = tensor.mutable_data<T>();
  auto take = [&](JsonValue value) { return read(value, *out++); };
  return ForEach(data, 0, take);
}

template <typename T>
Status FillIntegers(Tensor& tensor, JsonValue data) {
  return Fill<T>(tensor, data, [&](JsonValue value, T& out) { return ReadInteger(value, tensor.dtype(), out); });
}

template <typename T, typename Convert>
Status FillFloats(Tensor& tensor, JsonValue data, Convert convert) {
  return Fill<T>(tensor, data, [&](JsonValue value, T& out) {
    if (!value.is_number()) return Expected("numbers", tensor.dtype());
    out = convert(value.number());
    return OkStatus();
  });
}

Status FillTensor(Tensor& tensor, JsonValue data) {
  switch (tensor.dtype()) {
    case DType::kBool:
      return Fill<bool>(tensor, data, [](JsonValue value, bool& out) {
        if (!value.is_bool() && !value.Count(1)) return Expected("true or false", DType::kBool);
        out = value.is_bool() ? value.boolean() : *value.Count(1) == 1;
        return OkStatus();
      });
    case DType::kUint8:
      return FillIntegers<uint8_t>(tensor, data);
    case DType::kUint16:
      return FillIntegers<uint16_t>(tensor, data);
    case DType::kUint32:
      return FillIntegers<uint32_t>(tensor, data);
    case DType::kUint64:
      return FillIntegers<uint64_t>(tensor, data);
    case DType::kInt8:
      return FillIntegers<int8_t>(tensor, data);
    case DType::kInt16:
      return FillIntegers<int16_t>(tensor, data);
    case DType::kInt32:
      return FillIntegers<int32_t>(tensor, data);
    case DType::kInt64:
      return FillIntegers<int64_t>(tensor, data);
    case DType::kFloat16:
      return FillFloats<Float16>(tensor, data, [](double value) { return ToFloat16(RoundToOdd(value)); });
    case DType::kBfloat16:
      return FillFloats<Bfloat16>(tensor, data, [](double value) { return ToBfloat16(RoundToOdd(value)); });
    case DType::kFloat32:
      return FillFloats<float>(tensor, data, [](double value) { return static_cast<float>(value); });
    case DType::kFloat64:
      return FillFloats<double>(tensor, data, [](double value) { return value; });
    default:
      return Internal(DTypeName(tensor.dtype()), " cannot be read from JSON");
  }
}

Result<Tensor> StringsFromBinary(const Shape& shape, std::span<const uint8_t> bytes) {
  std::vector<std::string> strings;
  while (!bytes.empty()) {
    uint32_t size = 0;
    if (bytes.size() >= 4) std::memcpy(&size, bytes.data(), 4);
    if (bytes.size() < 4 || bytes.size() - 4 < size) {
      return InvalidArgument("element ", strings.size(), " of BYTES is longer than its data");
    }
    strings.emplace_back(reinterpret_cast<const char*>(bytes.data()) + 4, size);
    if (!unicode::IsWellFormed(strings.back())) {
      return InvalidArgument("BYTES that are not UTF-8 cannot be strings of an ONNX model");
    }
    bytes = bytes.subspan(4 + size_t{size});
  }
  ONEDGE_RETURN_IF_ERROR(CheckElements(DType::kString, strings.size(), shape));
  return Tensor::FromStrings(shape, std::move(strings));
}

// Writes a whole number without a fraction, like JavaScript.
void WriteNumber(double value, JsonWriter& json) {
  const bool whole = std::abs(value) < 0x1p53 && value == std::floor(value) && !(value == 0 && std::signbit(value));
  if (whole) {
    json.Int(static_cast<int64_t>(value));
  } else {
    json.Number(value);
  }
}

template <typename T>
void WriteElements(const Tensor& tensor, JsonWriter& json) {
  for (const T& element : tensor.values<T>()) {
    if constexpr (std::is_same_v<T, bool>) {
      json.Bool(element);
    } else if constexpr (std::is_same_v<T, uint64_t>) {
      json.Uint(element);
    } else if constexpr (std::is_integral_v<T>) {
      json.Int(element);
    } else if constexpr (std::is_floating_point_v<T>) {
      WriteNumber(static_cast<double>(element), json);
    } else {
      WriteNumber(static_cast<double>(ToFloat(element)), json);
    }
  }
}

}  // namespace

std::optional<DType> DTypeOfDatatype(std::string_view datatype) {
  for (const auto& [name, dtype] : kDatatypes) {
    if (name == datatype) return dtype;
  }
  return std::nullopt;
}

std::string DatatypeOf(DType dtype) {
  for (const auto& [name, one] : kDatatypes) {
    if (one == dtype) return std::string(name);
  }
  std::string name(DTypeName(dtype));
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string Datatypes() {
  std::string names;
  for (const auto& [name, dtype] : kDatatypes) names += StrCat(names.empty() ? "" : ", ", name);
  return names;
}

Result<Tensor> TensorFromJson(DType dtype, const Shape& shape, JsonValue data, MemoryBudget* budget) {
  if (!data.is_array()) return InvalidArgument("expected data, or binary_data_size");
  uint64_t count = 0;
  auto counter = [&](JsonValue) {
    ++count;
    return OkStatus();
  };
  ONEDGE_RETURN_IF_ERROR(ForEach(data, 0, counter));
  ONEDGE_RETURN_IF_ERROR(CheckElements(dtype, count, shape));
  if (dtype == DType::kString) {
    std::vector<std::string> strings;
    auto take = [&](JsonValue value) {
      if (!value.is_string()) return Expected("strings", dtype);
      strings.emplace_back(value.string());
      return OkStatus();
    };
    ONEDGE_RETURN_IF_ERROR(ForEach(data, 0, take));
    return Tensor::FromStrings(shape, std::move(strings));
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, budget));
  ONEDGE_RETURN_IF_ERROR(FillTensor(tensor, data));
  return tensor;
}

Result<Tensor> TensorFromBinary(DType dtype, const Shape& shape, std::span<const uint8_t> bytes, MemoryBudget* budget) {
  if (dtype == DType::kString) return StringsFromBinary(shape, bytes);
  const uint64_t width = DTypeBits(dtype) / 8;
  if (bytes.size() % width != 0 || bytes.size() / width != static_cast<uint64_t>(shape.element_count())) {
    return InvalidArgument("data: expected ", shape.element_count(), " elements of ", DatatypeOf(dtype), " in ", width,
                           " bytes each for its shape, got ", bytes.size(), " bytes");
  }
  if (dtype == DType::kBool) {
    for (uint8_t byte : bytes) {
      if (byte > 1) return InvalidArgument("expected bytes 0 or 1 for BOOL");
    }
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, budget));
  if (!bytes.empty()) std::memcpy(tensor.mutable_bytes(), bytes.data(), bytes.size());
  return tensor;
}

Status TensorToJson(const Tensor& tensor, JsonWriter& json) {
  json.Array();
  switch (tensor.dtype()) {
    case DType::kString:
      for (const std::string& text : tensor.strings()) json.Text(text);
      break;
    case DType::kBool:
      WriteElements<bool>(tensor, json);
      break;
    case DType::kUint8:
      WriteElements<uint8_t>(tensor, json);
      break;
    case DType::kUint16:
      WriteElements<uint16_t>(tensor, json);
      break;
    case DType::kUint32:
      WriteElements<uint32_t>(tensor, json);
      break;
    case DType::kUint64:
      WriteElements<uint64_t>(tensor, json);
      break;
    case DType::kInt8:
      WriteElements<int8_t>(tensor, json);
      break;
    case DType::kInt16:
      WriteElements<int16_t>(tensor, json);
      break;
    case DType::kInt32:
      WriteElements<int32_t>(tensor, json);
      break;
    case DType::kInt64:
      WriteElements<int64_t>(tensor, json);
      break;
    case DType::kFloat16:
      WriteElements<Float16>(tensor, json);
      break;
    case DType::kBfloat16:
      WriteElements<Bfloat16>(tensor, json);
      break;
    case DType::kFloat32:
      WriteElements<float>(tensor, json);
      break;
    case DType::kFloat64:
      WriteElements<double>(tensor, json);
      break;
    default:
      return Unsupported(DatatypeOf(tensor.dtype()), " cannot be written as JSON; set binary_data");
  }
  json.End();
  return OkStatus();
}

size_t AppendBinary(const Tensor& tensor, std::string& out) {
  const size_t before = out.size();
  if (tensor.dtype() != DType::kString) {
    out.append(reinterpret_cast<const char*>(tensor.bytes()), tensor.byte_size());
    return out.size() - before;
  }
  for (const std::string& text : tensor.strings()) {
    const auto size = static_cast<uint32_t>(text.size());
    char length[4];
    std::memcpy(length, &size, 4);
    out.append(length, 4).append(text);
  }
  return out.size() - before;
}

}  // namespace onedge::contract
