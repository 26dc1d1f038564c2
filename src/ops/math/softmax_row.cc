#include "ops/math/softmax_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "ops/math/transcendental.h"
#include "ops/nn/lane_sum.h"

namespace onedge::ops {
namespace {

constexpr size_t kSideBySide = 16;  // columns whose sums are in memory at once

template <typename T>
constexpr T kLowest = -std::numeric_limits<T>::infinity();

// The larger; NaN if one of them is NaN.
template <typename T>
T Larger(T a, T b) {
  return b > a || b != b ? b : a;
}

// The largest of x[0, count): -infinity if empty, NaN if one of them is NaN.
float RowMax(const float* x, size_t count) {
  F32x4 best = lanes::Splat<F32x4>(kLowest<float>);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const F32x4 v = lanes::Load<F32x4>(x + i);
    best = ((v > best) | (v != v)) ? v : best;
  }
  float max = kLowest<float>;
  for (int lane = 0; lane < 4; ++lane) max = Larger(max, best[lane]);
  for (; i < count; ++i) max = Larger(max, x[i]);
  return max;
}
double RowMax(const double* x, size_t count) {
  double max = kLowest<double>;
  for (size_t i = 0; i < count; ++i) max = Larger(max, x[i]);
  return max;
}

// Returns the sum of e^(x[i] - shift) and writes the terms to y, if given. `y` may be `x`.
float RowExp(const float* x, float* y, size_t count, float shift) {
  F32x4 low{};   // lanes 0 to 3 of kSumLanes
  F32x4 high{};  // lanes 4 to 7
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const F32x4 a = lanes::Exp(lanes::Load<F32x4>(x + i) - shift);
    const F32x4 b = lanes::Exp(lanes::Load<F32x4>(x + i + 4) - shift);
    if (y) {
      lanes::Store(y + i, a);
      lanes::Store(y + i + 4, b);
    }
    low = low + a;
    high = high + b;
  }
  float sums[kSumLanes];
  lanes::Store(sums, low);
  lanes::Store(sums + 4, high);
  for (size_t lane = 0; i < count; ++i, ++lane) {
    const float e = lanes::Exp(x[i] - shift);
    if (y) y[i] = e;
    sums[lane] += e;
  }
  return CombineLanes(sums);
}

float SumLog(float x) { return lanes::Log(x); }
double SumLog(double x) { return std::log(x); }

// row = e^row
void ExpOfRow(float (&row)[kSideBySide]) {
  for (size_t j = 0; j < kSideBySide; j += 4) lanes::Store(row + j, lanes::Exp(lanes::Load<F32x4>(row + j)));
}
void ExpOfRow(double (&row)[kSideBySide]) {
  for (double& x : row) x = std::exp(x);
}

// Up to kSideBySide columns.
template <typename T>
void SoftmaxColumns(bool log, const T* x, T* y, size_t count, size_t stride, size_t width) {
  T max[kSideBySide];
  T sums[kSumLanes][kSideBySide] = {};
  std::fill(max, max + kSideBySide, kLowest<T>);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < width; ++j) max[j] = Larger(max[j], x[i * stride + j]);
  }
  for (size_t i = 0; i < count; ++i) {
    T row[kSideBySide] = {};
    for (size_t j = 0; j < width; ++j) row[j] = x[i * stride + j] - max[j];
    ExpOfRow(row);
    for (size_t j = 0; j < width; ++j) sums[i % kSumLanes][j] += row[j];
    if (!log) std::copy(row, row + width, y + i * stride);
  }
  T total[kSideBySide];
  for (size_t j = 0; j < width; ++j) {
    T column[kSumLanes];
    for (size_t lane = 0; lane < kSumLanes; ++lane) column[lane] = sums[lane][j];
    total[j] = log ? SumLog(CombineLanes(column)) : CombineLanes(column);
  }
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < width; ++j) {
      const size_t at = i * stride + j;
      y[at] = log ? (x[at] - max[j]) - total[j] : y[at] / total[j];
    }
  }
}

}  // namespace

void SoftmaxRow(const float* x, float* y, size_t count) {
  const float sum = RowExp(x, y, count, RowMax(x, count));
  size_t i = 0;
  for (; i + 4 <= count; i += 4) lanes::Store(y + i, lanes::Load<F32x4>(y + i) / sum);
  for (; i < count; ++i) y[i] = y[i] / sum;
}

void SoftmaxRow(const double* x, double* y, size_t count) {
  const double max = RowMax(x, count);
  for (size_t i = 0; i < count; ++i) y[i] = std::exp(x[i] - max);
  const double sum = LaneSum<double>(count, [y](size_t i) { return y[i]; });
  for (size_t i = 0; i < count; ++i) y[i] = y[i] / sum;
}

template <typename T>
void SoftmaxAlong(const T* x, T* y, size_t count, size_t stride, size_t width) {
  ONEDGE_DCHECK(width <= stride);
  if (stride == 1) return SoftmaxRow(x, y, count);
  for (size_t j = 0; j < width; j += kSideBySide) {
    SoftmaxColumns(false, x + j, y + j, count, stride, std::min(kSideBySide, width - j));
  }
}

template <typename T>
void LogSoftmaxAlong(const T* x, T* y, size_t count, size_t stride, size_t width) {
  ONEDGE_DCHECK(width <= stride);
  if constexpr (std::is_same_v<T, float>) {
    if (stride == 1) {
      const float max = RowMax(x, count);
      const float log_sum = lanes::Log(RowExp(x, nullptr, count, max));
      for (size_t i = 0; i < count; ++i) y[i] = (x[i] - max) - log_sum;
      return;
    }
  }
  for (size_t j = 0; j < width; j += kSideBySide) {
    SoftmaxColumns(true, x + j, y + j, count, stride, std::min(kSideBySide, width - j));
  }
}

template void SoftmaxAlong(const float*, float*, size_t, size_t, size_t);
template void SoftmaxAlong(const double*, double*, size_t, size_t, size_t);
template void LogSoftmaxAlong(const float*, float*, size_t, size_t, size_t);
template void LogSoftmaxAlong(const double*, double*, size_t, size_t, size_t);

}  // namespace onedge::ops
