// The 8- and 4-bit float formats of ONNX: exact conversion to float, and conversion from float with round to nearest,
// ties to even.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "tensor/dtype.h"

namespace onedge::ops {

// A small binary float: one sign bit, `exponent_bits`, `mantissa_bits`.
struct SmallFloat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  uint8_t largest;     // code of the largest finite magnitude
  uint8_t nan;         // code of NaN
  uint8_t infinity;    // code of infinity; 0 if the format has none
  bool unsigned_zero;  // the "uz" formats: no -0, NaN is 0x80
};

constexpr SmallFloat SmallFloatOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat8E4M3Fn:
      return {4, 3, 7, 0x7e, 0x7f, 0, false};
    case DType::kFloat8E4M3Fnuz:
      return {4, 3, 8, 0x7f, 0x80, 0, true};
    case DType::kFloat8E5M2:
      return {5, 2, 15, 0x7b, 0x7e, 0x7c, false};
    case DType::kFloat8E5M2Fnuz:
      return {5, 2, 16, 0x7f, 0x80, 0, true};
    default:
      return {2, 1, 1, 0x7, 0x8, 0, false};  // kFloat4E2M1 has no NaN: it becomes -0
  }
}

// E4M3FN, E4M3FNUZ, E5M2, E5M2FNUZ and E2M1 (in the low 4 bits).
inline float SmallToFloat(uint8_t code, const SmallFloat& format) {
  const int bits = format.exponent_bits + format.mantissa_bits;
  const uint8_t magnitude = code & ((1 << bits) - 1);
  const bool negative = (code >> bits) & 1;
  if (format.unsigned_zero ? code == format.nan : magnitude > format.largest && magnitude != format.infinity) {
    return __builtin_nanf("");
  }
  float value;
  if (format.infinity && magnitude == format.infinity) {
    value = __builtin_inff();
  } else {
    const int exponent = magnitude >> format.mantissa_bits;
    const int mantissa = magnitude & ((1 << format.mantissa_bits) - 1);
    value = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), 1 - format.bias - format.mantissa_bits)
                          : std::ldexp(static_cast<float>(mantissa + (1 << format.mantissa_bits)),
                                       exponent - format.bias - format.mantissa_bits);
  }
  return negative ? -value : value;
}

// A value beyond the largest finite one becomes that value if `saturate`; otherwise infinity, or NaN in formats without
// infinity. E2M1 always saturates.
inline uint8_t SmallFromFloat(float value, const SmallFloat& format, bool saturate) {
  const int bits = format.exponent_bits + format.mantissa_bits;
  const uint8_t sign = static_cast<uint8_t>(std::signbit(value) ? 1 << bits : 0);
  if (std::isnan(value)) return format.unsigned_zero ? format.nan : static_cast<uint8_t>(sign | format.nan);
  const bool has_nan = bits > 3;
  const uint8_t beyond = saturate || !has_nan   ? static_cast<uint8_t>(sign | format.largest)
                         : format.unsigned_zero ? format.nan
                         : format.infinity      ? static_cast<uint8_t>(sign | format.infinity)
                                                : static_cast<uint8_t>(sign | format.nan);
  if (std::isinf(value)) return beyond;
  const float magnitude = std::fabs(value);
  if (magnitude == 0) return format.unsigned_zero ? 0 : sign;
  int exponent;
  std::frexp(magnitude, &exponent);    // magnitude = [0.5, 1) * 2^exponent
  const int lowest = 2 - format.bias;  // exponent of the smallest normal number, as frexp counts
  const int quantum = (exponent < lowest ? lowest : exponent) - 1 - format.mantissa_bits;
  // An integer number of quanta, at most 2^(mantissa_bits + 1). nearbyint rounds ties to even.
  const int quanta = static_cast<int>(std::nearbyint(std::ldexp(magnitude, -quantum)));
  const int code = quanta + ((exponent < lowest ? lowest : exponent) - lowest) * (1 << format.mantissa_bits);
  if (code > format.largest) return beyond;
  if (code == 0 && format.unsigned_zero) return 0;
  return static_cast<uint8_t>(sign | code);
}

// E8M0: powers of two from 2^-127 to 2^127, 0xff is NaN.
inline float E8M0ToFloat(uint8_t code) {
  return code == 0xff ? __builtin_nanf("") : std::ldexp(1.0f, static_cast<int>(code) - 127);
}

}  // namespace onedge::ops
