#include "ops/math/convert.h"

#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/decimal.h"
#include "ops/math/elementwise.h"
#include "ops/math/float8.h"
#include "tensor/half.h"

namespace onedge::ops {
namespace {

// Elements are converted through one of four wide types on the stack: float32 for floats up to 32 bits, float64, int64
// for bool and all integers except uint64, and uint64. So there are 4 x 9 small loops instead of 24 x 24.
enum class Wide : uint8_t { kFloat32, kFloat64, kInt64, kUint64 };
constexpr size_t kChunk = 256;

Wide WideOf(DType dtype) {
  if (dtype == DType::kFloat64) return Wide::kFloat64;
  if (dtype == DType::kUint64) return Wide::kUint64;
  return IsFloatingPoint(dtype) ? Wide::kFloat32 : Wide::kInt64;
}

template <typename From, typename To>
[[clang::minsize]] void Copy(const void* from, void* to, size_t count) {
#pragma clang loop vectorize(disable)
  for (size_t i = 0; i < count; ++i) static_cast<To*>(to)[i] = static_cast<To>(static_cast<const From*>(from)[i]);
}

// Element `i` of a packed type as an unsigned code.
uint8_t Unpack(const uint8_t* bytes, size_t i, size_t bits) {
  const size_t per_byte = 8 / bits;
  return bytes[i / per_byte] >> (i % per_byte * bits) & ((1 << bits) - 1);
}
void Pack(uint8_t* bytes, size_t i, size_t bits, uint8_t code) {
  const size_t per_byte = 8 / bits;
  const size_t shift = i % per_byte * bits;
  const uint8_t mask = static_cast<uint8_t>(((1 << bits) - 1) << shift);
  // The first element of a byte clears the others, so that padding bits are 0.
  const uint8_t kept = shift == 0 ? 0 : static_cast<uint8_t>(bytes[i / per_byte] & ~mask);
  bytes[i / per_byte] = static_cast<uint8_t>(kept | (code << shift & mask));
}

// Loads `count` elements from `first` on into an array of WideOf(dtype).
void LoadWide(DType dtype, const uint8_t* bytes, size_t first, size_t count, void* out) {
  const size_t bits = DTypeBits(dtype);
  const uint8_t* from = bytes + first * bits / 8;
  int64_t* ints = static_cast<int64_t*>(out);
  float* floats = static_cast<float*>(out);
  switch (dtype) {
    case DType::kInt8:
      return Copy<int8_t, int64_t>(from, out, count);
    case DType::kUint8:
      return Copy<uint8_t, int64_t>(from, out, count);
    case DType::kBool:
      for (size_t i = 0; i < count; ++i) ints[i] = from[i] != 0;
      return;
    case DType::kInt16:
      return Copy<int16_t, int64_t>(from, out, count);
    case DType::kUint16:
      return Copy<uint16_t, int64_t>(from, out, count);
    case DType::kInt32:
      return Copy<int32_t, int64_t>(from, out, count);
    case DType::kUint32:
      return Copy<uint32_t, int64_t>(from, out, count);
    case DType::kUint4:
    case DType::kUint2:
      for (size_t i = 0; i < count; ++i) ints[i] = Unpack(bytes, first + i, bits);
      return;
    case DType::kInt4:
    case DType::kInt2:
      for (size_t i = 0; i < count; ++i) {
        const int64_t code = Unpack(bytes, first + i, bits);
        ints[i] = code >= int64_t{1} << (bits - 1) ? code - (int64_t{1} << bits) : code;
      }
      return;
    case DType::kFloat4E2M1:
      for (size_t i = 0; i < count; ++i) floats[i] = SmallToFloat(Unpack(bytes, first + i, 4), SmallFloatOf(dtype));
      return;
    case DType::kFloat8E8M0:
      for (size_t i = 0; i < count; ++i) floats[i] = E8M0ToFloat(from[i]);
      return;
    default:
      return ops::Widen(dtype, from, out, count);  // 16-bit floats, float8, and types that are already wide
  }
}

template <typename T>
int64_t ToInt64(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (value != value) return 0;
    if (value >= T{0x1p63}) return std::numeric_limits<int64_t>::max();
    if (value < T{-0x1p63}) return std::numeric_limits<int64_t>::min();
  }
  return static_cast<int64_t>(value);
}
template <typename T>
uint64_t ToUint64(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (value >= T{0x1p64}) return std::numeric_limits<uint64_t>::max();
    if (value >= T{0x1p63}) return static_cast<uint64_t>(value);
    return static_cast<uint64_t>(ToInt64(value));
  }
  return static_cast<uint64_t>(value);
}

// Rounds to float with round-to-odd: an inexact result ends in a 1, so a second rounding to fewer bits is correct.
template <typename T>
float ToFloatForNarrowing(T value) {
  if constexpr (std::is_same_v<T, float>) return value;
  const double exact = static_cast<double>(value);
  const float nearest = static_cast<float>(exact);
  if (static_cast<double>(nearest) == exact || nearest != nearest) return nearest;
  uint32_t bits = std::bit_cast<uint32_t>(nearest);
  if (bits & 1) return nearest;
  // The neighbour on the side of the exact value has an odd last bit.
  const bool away = (std::abs(exact) > static_cast<double>(std::abs(nearest)));
  bits = away ? bits + 1 : bits - 1;
  return std::bit_cast<float>(bits);
}

// float8e8m0 from the bits of |value|: the exponent, plus one if the rounding mode rounds up.
uint8_t ToE8M0(float value, const ConvertOptions& options) {
  const uint32_t bits = std::bit_cast<uint32_t>(value) & 0x7fffffffu;
  if (bits > 0x7f800000u) return 0xff;
  if (bits == 0x7f800000u) return options.saturate ? 0xfe : 0xff;
  uint32_t exponent = bits >> 23;
  const uint32_t mantissa = bits & 0x7fffffu;
  bool up = false;
  switch (options.rounding) {
    case ScaleRounding::kUp:
      up = mantissa > (exponent == 0 ? 0x400000u : 0u);
      break;
    case ScaleRounding::kDown:
      break;
    case ScaleRounding::kNearest:
      up = mantissa >= 0x400000u + (exponent == 0);
      break;
  }
  // Subnormal floats of at least 2^-127 have code 0. So do smaller ones, because 2^-127 is the nearest code.
  exponent += up;
  if (exponent < 0xff) return static_cast<uint8_t>(exponent);
  return options.saturate ? 0xfe : 0xff;
}

template <typename T>
[[clang::minsize]] void StoreFrom(const T* in, DType dtype, uint8_t* bytes, size_t first, size_t count,
                                  const ConvertOptions& options) {
  const size_t bits = DTypeBits(dtype);
  uint8_t* to = bytes + first * bits / 8;
  switch (dtype) {
    case DType::kFloat32:
      return Copy<T, float>(in, to, count);
    case DType::kFloat64:
      return Copy<T, double>(in, to, count);
    case DType::kBool:
      for (size_t i = 0; i < count; ++i) to[i] = in[i] != 0;
      return;
    case DType::kInt8:
    case DType::kUint8:
      for (size_t i = 0; i < count; ++i) to[i] = static_cast<uint8_t>(ToInt64(in[i]));
      return;
    case DType::kInt16:
    case DType::kUint16:
      for (size_t i = 0; i < count; ++i) reinterpret_cast<uint16_t*>(to)[i] = static_cast<uint16_t>(ToInt64(in[i]));
      return;
    case DType::kInt32:
    case DType::kUint32:
      for (size_t i = 0; i < count; ++i) reinterpret_cast<uint32_t*>(to)[i] = static_cast<uint32_t>(ToInt64(in[i]));
      return;
    case DType::kInt64:
      for (size_t i = 0; i < count; ++i) reinterpret_cast<int64_t*>(to)[i] = ToInt64(in[i]);
      return;
    case DType::kUint64:
      for (size_t i = 0; i < count; ++i) reinterpret_cast<uint64_t*>(to)[i] = ToUint64(in[i]);
      return;
    case DType::kUint4:
    case DType::kInt4:
    case DType::kUint2:
    case DType::kInt2:
      for (size_t i = 0; i < count; ++i) Pack(bytes, first + i, bits, static_cast<uint8_t>(ToInt64(in[i])));
      return;
    default:
      break;
  }
  float floats[kChunk];
  for (size_t i = 0; i < count; ++i) floats[i] = ToFloatForNarrowing(in[i]);
  switch (dtype) {
    case DType::kFloat4E2M1:
      for (size_t i = 0; i < count; ++i) {
        Pack(bytes, first + i, 4, SmallFromFloat(floats[i], SmallFloatOf(dtype), true));
      }
      return;
    case DType::kFloat8E8M0:
      for (size_t i = 0; i < count; ++i) to[i] = ToE8M0(floats[i], options);
      return;
    case DType::kFloat16:
    case DType::kBfloat16:
      return ops::Narrow(dtype, floats, to, count);
    default:
      for (size_t i = 0; i < count; ++i) to[i] = SmallFromFloat(floats[i], SmallFloatOf(dtype), options.saturate);
  }
}

void StoreWide(Wide wide, const void* in, DType dtype, uint8_t* bytes, size_t first, size_t count,
               const ConvertOptions& options) {
  switch (wide) {
    case Wide::kFloat32:
      return StoreFrom(static_cast<const float*>(in), dtype, bytes, first, count, options);
    case Wide::kFloat64:
      return StoreFrom(static_cast<const double*>(in), dtype, bytes, first, count, options);
    case Wide::kInt64:
      return StoreFrom(static_cast<const int64_t*>(in), dtype, bytes, first, count, options);
    case Wide::kUint64:
      return StoreFrom(static_cast<const uint64_t*>(in), dtype, bytes, first, count, options);
  }
}

// The shortest decimal text that parses to the same float.
std::string FloatToString(float value) {
  if (value != value) return "NaN";
  if (std::abs(value) == std::numeric_limits<float>::infinity()) return value > 0 ? "INF" : "-INF";
  for (int digits = 6; digits < 9; ++digits) {
    std::string text = FormatNumber(value, digits);
    if (static_cast<float>(ParseNumber(text.c_str())) == value) return text;
  }
  return FormatNumber(value, 9);
}

Status ToStrings(const Tensor& x, Tensor& y) {
  const Wide wide = WideOf(x.dtype());
  for (size_t i = 0; i < y.mutable_strings().size(); ++i) {
    union {
      float f32;
      double f64;
      int64_t i64;
      uint64_t u64;
    } value;
    LoadWide(x.dtype(), x.bytes(), i, 1, &value);
    std::string& text = y.mutable_strings()[i];
    switch (wide) {
      case Wide::kFloat32:
        text = FloatToString(value.f32);
        break;
      case Wide::kFloat64:
        text = std::isfinite(value.f64) ? StrCat(value.f64) : FloatToString(static_cast<float>(value.f64));
        break;
      case Wide::kInt64:
        text = x.dtype() == DType::kBool ? (value.i64 ? "True" : "False") : StrCat(value.i64);
        break;
      case Wide::kUint64:
        text = StrCat(value.u64);
        break;
    }
  }
  return OkStatus();
}

// Parses numbers like ParseNumber and C's strtoll, also NaN and INF in any case. Nothing may follow the number.
Status FromStrings(const Tensor& x, Tensor& y, const ConvertOptions& options) {
  const Wide wide = WideOf(y.dtype());
  const auto strings = x.strings();
  for (size_t i = 0; i < strings.size(); ++i) {
    const char* text = strings[i].c_str();
    const char* end = nullptr;
    if (wide == Wide::kFloat64 || wide == Wide::kFloat32) {
      const double value = ParseNumber(text, &end);
      StoreFrom(&value, y.dtype(), y.mutable_bytes(), i, 1, options);
    } else if (wide == Wide::kUint64) {
      char* after = nullptr;
      const uint64_t value = std::strtoull(text, &after, 10);
      end = after;
      StoreFrom(&value, y.dtype(), y.mutable_bytes(), i, 1, options);
    } else {
      char* after = nullptr;
      int64_t value = std::strtoll(text, &after, 10);
      end = after;
      if (*end != '\0') value = ToInt64(ParseNumber(text, &end));  // "3.0"
      StoreFrom(&value, y.dtype(), y.mutable_bytes(), i, 1, options);
    }
    if (end == text || static_cast<size_t>(end - text) != strings[i].size()) {
      return InvalidArgument("element ", i, ": expected a number to convert to ", DTypeName(y.dtype()), ", got '",
                             strings[i], "'");
    }
  }
  return OkStatus();
}

}  // namespace

bool CanConvert(DType from, DType to) {
  const auto able = [](DType dtype) {
    return dtype != DType::kUndefined && dtype != DType::kComplex64 && dtype != DType::kComplex128;
  };
  return able(from) && able(to);
}

Status ConvertElements(ThreadPool* pool, const Tensor& x, Tensor& y, const ConvertOptions& options) {
  ONEDGE_DCHECK(x.dtype() == y.dtype() || CanConvert(x.dtype(), y.dtype()));
  ONEDGE_DCHECK(x.element_count() == y.element_count());
  if (x.dtype() == y.dtype()) {
    if (x.dtype() == DType::kString) {
      std::copy(x.strings().begin(), x.strings().end(), y.mutable_strings().begin());
    } else if (x.byte_size() > 0) {
      std::memcpy(y.mutable_bytes(), x.bytes(), x.byte_size());
    }
    return OkStatus();
  }
  if (y.dtype() == DType::kString) return ToStrings(x, y);
  if (x.dtype() == DType::kString) return FromStrings(x, y, options);
  const Wide wide = WideOf(x.dtype());
  // Chunks begin at multiples of kChunk, so that two chunks never share a byte of a packed type.
  ForChunks(pool, x.element_count(), [&](int64_t begin, int64_t total) {
    alignas(16) uint64_t buffer[kChunk];
    for (int64_t done = 0; done < total; done += kChunk) {
      const size_t first = static_cast<size_t>(begin + done);
      const size_t count = static_cast<size_t>(std::min<int64_t>(kChunk, total - done));
      LoadWide(x.dtype(), x.bytes(), first, count, buffer);
      StoreWide(wide, buffer, y.dtype(), y.mutable_bytes(), first, count, options);
    }
  });
  return OkStatus();
}

Result<Tensor> ConvertedTo(DType dtype, const Tensor& x, ThreadPool* pool, MemoryBudget* budget) {
  if (x.dtype() == dtype) return x;
  if (!CanConvert(x.dtype(), dtype)) {
    return Unsupported("no conversion from ", DTypeName(x.dtype()), " to ", DTypeName(dtype));
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor y, Tensor::Allocate(dtype, x.shape(), budget));
  ONEDGE_RETURN_IF_ERROR(ConvertElements(pool, x, y));
  return y;
}

}  // namespace onedge::ops
