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

// The moments of a row; LaneMoments' bits, with vectors also in code that is compiled for size.
template <typename T>
Moments<T> RowMoments(const T* x, size_t count) {
  if constexpr (std::is_same_v<T, float>) {
    const auto sum = [&](const auto& term) {
      F32x4 low{}, high{};  // lanes 0 to 3 of kSumLanes, and 4 to 7
      size_t i = 0;
      for (; i + kSumLanes <= count; i += kSumLanes) {
        low += term(lanes::Load<F32x4>(x + i));
        high += term(lanes::Load<F32x4>(x + i + 4));
      }
      float sums[kSumLanes];
      lanes::Store(sums, low);
      lanes::Store(sums + 4, high);
      for (size_t j = 0; i + j < count; ++j) sums[j] += term(x[i + j]);
      return CombineLanes(sums);
    };
    const float mean = sum([](auto v) { return v; }) / static_cast<float>(count);
    const float squares = sum([mean](auto v) { return (v - mean) * (v - mean); });
    return {mean, squares / static_cast<float>(count)};
  } else {
    return LaneMoments<T>(count, [x](size_t i) { return x[i]; });
  }
}

// y = (x - mean) * a * b + shift, left to right: one channel. y may be x.
template <typename T>
void NormalizePlane(const T* x, T mean, T a, T b, T shift, size_t count, T* y) {
  size_t i = 0;
  if constexpr (std::is_same_v<T, float>) {
    for (; i + 4 <= count; i += 4) lanes::Store(y + i, (lanes::Load<F32x4>(x + i) - mean) * a * b + shift);
  }
  for (; i < count; ++i) y[i] = (x[i] - mean) * a * b + shift;
}

// y = (x - mean) * inverse_deviation * scale + bias, inverse_deviation = 1 / sqrt(variance + epsilon), left to right.
// `bias` may be null; y may be x.
template <typename T>
RowStatistics<T> LayerNormRow(const T* x, const T* scale, const T* bias, size_t count, T epsilon, T* y) {
  const Moments<T> moments = RowMoments(x, count);
  const T inverse = T{1} / std::sqrt(moments.variance + epsilon);
  const T mean = moments.mean;
  size_t i = 0;
  if constexpr (std::is_same_v<T, float>) {
    for (; i + 4 <= count; i += 4) {
      F32x4 v = (lanes::Load<F32x4>(x + i) - mean) * inverse * lanes::Load<F32x4>(scale + i);
      if (bias) v += lanes::Load<F32x4>(bias + i);
      lanes::Store(y + i, v);
    }
  }
  for (; i < count; ++i) {
    y[i] = (x[i] - mean) * inverse * scale[i];
    if (bias) y[i] += bias[i];
  }
  return {mean, inverse};
}

}  // namespace onedge::ops
