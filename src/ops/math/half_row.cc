#include "ops/math/half_row.h"

#include <cstring>

#include "ops/math/transcendental.h"

namespace onedge::ops {
namespace {

typedef uint16_t U16x4 __attribute__((vector_size(8)));
using lanes::U32x4;

template <typename V>
V LoadLanes(const void* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

}  // namespace

void WidenRow(const Float16* x, float* y, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const U32x4 half = __builtin_convertvector(LoadLanes<U16x4>(x + i), U32x4);
    const U32x4 magnitude = half & 0x7fffu;
    // The bits of the half, at their place in a float, are its value times 2^-112, subnormals included.
    const F32x4 scaled = (F32x4)(magnitude << 13) * 0x1p112f;
    const U32x4 infinite = (U32x4)(magnitude >= 0x7c00u) & 0x7f800000u;
    const U32x4 bits = (U32x4)scaled | infinite | (half & 0x8000u) << 16;
    std::memcpy(y + i, &bits, sizeof bits);
  }
  for (; i < count; ++i) y[i] = ToFloat(x[i]);
}

void NarrowRow(const float* x, Float16* y, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const U32x4 bits = LoadLanes<U32x4>(x + i);
    const U32x4 magnitude = bits & 0x7fffffffu;
    const U32x4 normal = (magnitude + 0xfffu + (magnitude >> 13 & 1u) - 0x38000000u) >> 13;
    const U32x4 subnormal = (U32x4)((F32x4)magnitude + 0.5f) - 0x3f000000u;
    const U32x4 nan = 0x7e00u | (magnitude >> 13 & 0x3ffu);
    U32x4 half = magnitude < 0x38800000u ? subnormal : normal;
    half = magnitude >= 0x477ff000u ? U32x4{} + 0x7c00u : half;
    half = magnitude > 0x7f800000u ? nan : half;
    const U16x4 signed_half = __builtin_convertvector(half | (bits >> 16 & 0x8000u), U16x4);
    std::memcpy(y + i, &signed_half, sizeof signed_half);
  }
  for (; i < count; ++i) y[i] = ToFloat16(x[i]);
}

}  // namespace onedge::ops
