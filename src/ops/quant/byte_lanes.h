// Conversion between bytes and floats, eight at a time, with the bits of DequantizeLinear and QuantizeLinear. Written
// with vectors, because WebAssembly's operators are compiled for size.
#pragma once

#include "ops/math/transcendental.h"
#include "ops/quant/quantize.h"

namespace onedge::ops {

inline constexpr size_t kByteLanes = 8;
using lanes::I32x8;
typedef uint8_t U8x8 __attribute__((vector_size(8)));
typedef int8_t S8x8 __attribute__((vector_size(8)));

// (x - zero point) * scale.
struct ByteDequantizer {
  bool is_signed = false;
  int32_t zero_point = 0;
  float scale = 1;

  __attribute__((always_inline)) F32x8 operator()(const uint8_t* x) const {
    I32x8 integers;
    if (is_signed) {
      S8x8 bytes;
      __builtin_memcpy(&bytes, x, sizeof(bytes));
      integers = __builtin_convertvector(bytes, I32x8);
    } else {
      U8x8 bytes;
      __builtin_memcpy(&bytes, x, sizeof(bytes));
      integers = __builtin_convertvector(bytes, I32x8);
    }
    return __builtin_convertvector(integers - zero_point, F32x8) * scale;
  }
};

// saturate(round(x / scale) + zero point), ties to even; NaN gives the lowest value.
struct ByteQuantizer {
  bool is_signed = false;
  int32_t zero_point = 0;
  float scale = 1;

  __attribute__((always_inline)) void operator()(F32x8 x, uint8_t* y) const {
    const float low = static_cast<float>((is_signed ? -128 : 0) - zero_point);
    const float high = static_cast<float>((is_signed ? 127 : 255) - zero_point);
    F32x8 quotient = x / scale;
    quotient = quotient > low ? quotient : low - F32x8{};
    quotient = quotient < high ? quotient : high - F32x8{};
    // After the addition the low bits of the mantissa hold the integer. The low byte is the same for int8 and uint8.
    const I32x8 integers = (I32x8)(quotient + 12582912.0f) - 0x4b400000 + zero_point;
    const U8x8 bytes = __builtin_convertvector(integers, U8x8);
    __builtin_memcpy(y, &bytes, sizeof(bytes));
  }
};

// step(i, lanes) for each eight elements; `lanes` is smaller for the last ones. Converters handle eight in any case, so
// a step copies operands that end before.
template <typename Step>
inline void ForByteLanes(size_t count, const Step& step) {
  size_t i = 0;
  for (; i + kByteLanes <= count; i += kByteLanes) step(i, kByteLanes);
  if (i < count) step(i, count - i);
}

}  // namespace onedge::ops
