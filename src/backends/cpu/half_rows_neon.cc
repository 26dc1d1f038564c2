#include <arm_neon.h>

#include "backends/cpu/half_rows.h"

namespace onedge::backends::cpu {
namespace {

void WidenFour(const Float16* x, float* y) {
  vst1q_f32(y, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const uint16_t*>(x)))));
}

void NarrowFour(const float* x, Float16* y) {
  vst1_u16(reinterpret_cast<uint16_t*>(y), vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(x))));
}

void WidenNeon(const Float16* x, float* y, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) WidenFour(x + i, y + i);
  if (i == count) return;
  Float16 from[4] = {};
  float to[4];
  __builtin_memcpy(from, x + i, (count - i) * sizeof(Float16));
  WidenFour(from, to);
  __builtin_memcpy(y + i, to, (count - i) * sizeof(float));
}

void NarrowNeon(const float* x, Float16* y, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) NarrowFour(x + i, y + i);
  if (i == count) return;
  float from[4] = {};
  Float16 to[4];
  __builtin_memcpy(from, x + i, (count - i) * sizeof(float));
  NarrowFour(from, to);
  __builtin_memcpy(y + i, to, (count - i) * sizeof(Float16));
}

}  // namespace

extern const HalfRows kHalfRowsNeon;
constinit const HalfRows kHalfRowsNeon = {WidenNeon, NarrowNeon};

}  // namespace onedge::backends::cpu
