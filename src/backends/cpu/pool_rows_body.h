// The rows of pool_rows.h for any vector width; included by the file of each instruction set.
#pragma once

#include "backends/cpu/pool_rows.h"
#include "backends/cpu/simd.h"

namespace onedge::backends::cpu {

struct SumTaps {
  static constexpr float kStart = 0;
  template <typename Vec>
  static ONEDGE_ALWAYS_INLINE Vec Join(Vec so_far, Vec x) {
    return so_far + x;
  }
};
struct MaximumOfTaps {
  static constexpr float kStart = -__builtin_inff();
  template <typename Vec>
  static ONEDGE_ALWAYS_INLINE Vec Join(Vec so_far, Vec x) {
    return ((x > so_far) | (x != x)) ? x : so_far;
  }
};

template <class Simd, class Taps, size_t kVecs>
ONEDGE_ALWAYS_INLINE void PoolBlock(const float* x, const size_t* offsets, size_t taps, float* y) {
  using Vec = typename Simd::Vec;
  Vec joined[kVecs];
  for (size_t j = 0; j < kVecs; ++j) joined[j] = SplatVec<Vec>(Taps::kStart);
  for (size_t t = 0; t < taps; ++t) {
    const float* from = x + offsets[t];
    for (size_t j = 0; j < kVecs; ++j) joined[j] = Taps::Join(joined[j], LoadVec<Vec>(from + j * Simd::kLanes));
  }
  for (size_t j = 0; j < kVecs; ++j) StoreVec(y + j * Simd::kLanes, joined[j]);
}

template <class Simd, class Taps>
void PoolRow(const float* x, const size_t* offsets, size_t taps, float* y, size_t count) {
  constexpr size_t kLanes = Simd::kLanes;
  size_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) PoolBlock<Simd, Taps, 4>(x + i, offsets, taps, y + i);
  for (; i + kLanes <= count; i += kLanes) PoolBlock<Simd, Taps, 1>(x + i, offsets, taps, y + i);
  if (i == count) return;
  float edge[kLanes];
  PoolBlock<Simd, Taps, 1>(x + i, offsets, taps, edge);
  for (size_t j = 0; i + j < count; ++j) y[i + j] = edge[j];
}

template <class Simd>
constexpr PoolRows MakePoolRows() {
  return {PoolRow<Simd, SumTaps>, PoolRow<Simd, MaximumOfTaps>};
}

}  // namespace onedge::backends::cpu
