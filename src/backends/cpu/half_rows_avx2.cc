#include "backends/cpu/half_rows.h"
#include "backends/cpu/simd.h"

namespace onedge::backends::cpu {
namespace {

void WidenAvx2(const Float16* x, float* y, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))));
  }
  if (i == count) return;
  Float16 from[8] = {};
  float to[8];
  __builtin_memcpy(from, x + i, (count - i) * sizeof(Float16));
  _mm256_storeu_ps(to, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
  __builtin_memcpy(y + i, to, (count - i) * sizeof(float));
}

void NarrowAvx2(const float* x, Float16* y, size_t count) {
  constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i), _mm256_cvtps_ph(_mm256_loadu_ps(x + i), kNearest));
  }
  if (i == count) return;
  float from[8] = {};
  Float16 to[8];
  __builtin_memcpy(from, x + i, (count - i) * sizeof(float));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph(_mm256_loadu_ps(from), kNearest));
  __builtin_memcpy(y + i, to, (count - i) * sizeof(Float16));
}

}  // namespace

extern const HalfRows kHalfRowsAvx2;
constinit const HalfRows kHalfRowsAvx2 = {WidenAvx2, NarrowAvx2};

}  // namespace onedge::backends::cpu
