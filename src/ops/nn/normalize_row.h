// LayerNormRow: one row of a layer norm, in the one order that every kernel of it keeps to.
#pragma once

#include <cmath>

#include "ops/nn/lane_sum.h"

namespace onedge::ops {

template <typename T>
struct RowStatistics {
  T mean;
  T inverse_deviation;
};

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
