// LayerNormRow: one row of a layer norm, in the order of operations that every kernel must use.
#pragma once

#include <cmath>
#include <type_traits>

#include "ops/math/transcendental.h"
#include "ops/nn/lane_sum.h"

namespace onedge::ops {

template <typename T>
struct RowStatistics {
  T mean;
  T inverse_deviation;
};

// y = a + b. Uses vectors also in code that is compiled for size; y may be a.
template <typename T>
void AddRows(const T* a, const T* b, size_t count, T* y) {
  size_t i = 0;
  if constexpr (std::is_same_v<T, float>) {
    for (; i + 4 <= count; i += 4) {
      lanes::Store(y + i, lanes::Load<F32x4>(a + i) + lanes::Load<F32x4>(b + i));
    }
  }
  for (; i < count; ++i) y[i] = a[i] + b[i];
}

// y = (x - mean) * inverse_deviation * scale + bias, inverse_deviation = 1 / sqrt(variance + epsilon), left to right.
// `bias` may be null; y may be x.
template <typename T>
RowStatistics<T> LayerNormRow(const T* x, const T* scale, const T* bias, size_t count, T epsilon, T* y) {
  const Moments<T> moments = LaneMoments<T>(count, [x](size_t i) { return x[i]; });
  const T inverse = T{1} / std::sqrt(moments.variance + epsilon);
  const T mean = moments.mean;
  if (bias) {
    for (size_t i = 0; i < count; ++i) y[i] = (x[i] - mean) * inverse * scale[i] + bias[i];
  } else {
    for (size_t i = 0; i < count; ++i) y[i] = (x[i] - mean) * inverse * scale[i];
  }
  return {mean, inverse};
}

}  // namespace onedge::ops
