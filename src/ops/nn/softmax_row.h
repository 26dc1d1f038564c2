// SoftmaxRow: one row of attention probabilities, in two passes, in one fixed order.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include "ops/math/transcendental.h"
#include "ops/nn/lane_sum.h"

namespace onedge::ops {

inline void ExpMinus(float* x, size_t count, float highest) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) lanes::Store(x + i, lanes::Exp(lanes::Load<Float4>(x + i) - highest));
  for (; i < count; ++i) x[i] = lanes::Exp(x[i] - highest);
}
inline void ExpMinus(double* x, size_t count, double highest) {
  for (size_t i = 0; i < count; ++i) x[i] = std::exp(x[i] - highest);
}

// x = exp(x - max x) / sum. A row that is -infinity throughout becomes NaN, as the formula has it.
template <typename T>
void SoftmaxRow(T* x, size_t count) {
  T highest = -std::numeric_limits<T>::infinity();
  for (size_t i = 0; i < count; ++i) highest = x[i] > highest ? x[i] : highest;
  ExpMinus(x, count, highest);
  const T sum = LaneSum<T>(count, [x](size_t i) { return x[i]; });
  for (size_t i = 0; i < count; ++i) x[i] = x[i] / sum;
}

}  // namespace onedge::ops
