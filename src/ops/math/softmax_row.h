// Softmax of one float32 row in three passes: maximum, exponentials and their sum, scaling. The sum follows LaneSum's
// order, so that every kernel that normalises a row (Softmax, attention) gives the same bits.
#pragma once

#include <limits>

#include "ops/math/transcendental.h"
#include "ops/nn/lane_sum.h"

namespace onedge::ops {

// The largest of x[0, count), -infinity for none; NaN where one of them is NaN.
ONEDGE_LANES float RowMax(const float* x, size_t count) {
  Float4 best = lanes::Splat<Float4>(-std::numeric_limits<float>::infinity());
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const Float4 v = lanes::Load<Float4>(x + i);
    best = ((v > best) | (v != v)) ? v : best;
  }
  float max = best[0];
  for (int lane = 1; lane < 4; ++lane) max = best[lane] > max || best[lane] != best[lane] ? best[lane] : max;
  for (; i < count; ++i) max = x[i] > max || x[i] != x[i] ? x[i] : max;
  return max;
}

// y[i] = e^(x[i] - shift); returns their sum. `y` may be `x`.
ONEDGE_LANES float RowExp(const float* x, float* y, size_t count, float shift) {
  Float4 low{};   // lanes 0 to 3 of kSumLanes
  Float4 high{};  // lanes 4 to 7
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const Float4 a = lanes::Exp(lanes::Load<Float4>(x + i) - shift);
    const Float4 b = lanes::Exp(lanes::Load<Float4>(x + i + 4) - shift);
    lanes::Store(y + i, a);
    lanes::Store(y + i + 4, b);
    low = low + a;
    high = high + b;
  }
  if (i < count) {
    float tail[8] = {};
    std::memcpy(tail, x + i, (count - i) * sizeof(float));
    lanes::Store(tail, lanes::Exp(lanes::Load<Float4>(tail) - shift));
    lanes::Store(tail + 4, lanes::Exp(lanes::Load<Float4>(tail + 4) - shift));
    std::memcpy(y + i, tail, (count - i) * sizeof(float));
    for (size_t j = 0; i + j < count; ++j) {
      if (j < 4) {
        low[j] += tail[j];
      } else {
        high[j - 4] += tail[j];
      }
    }
  }
  const float sums[kSumLanes] = {low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]};
  return CombineLanes(sums);
}

// y = e^(x - max x) / sum, the division as one multiplication by the reciprocal. `y` may be `x`.
ONEDGE_LANES void SoftmaxRow(const float* x, float* y, size_t count) {
  const float scale = 1.0f / RowExp(x, y, count, RowMax(x, count));
  for (size_t i = 0; i < count; ++i) y[i] *= scale;
}

}  // namespace onedge::ops
