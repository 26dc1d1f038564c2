// The one softmax: of Softmax and LogSoftmax, of every attention and of SoftmaxCrossEntropyLoss. The maximum is
// subtracted first. The sum has LaneSum's order along any axis, and the quotient is one division, so a row has the same
// bits in every operator. backends/cpu/row_kernels must do the same.
#pragma once

#include <cstddef>

namespace onedge::ops {

// y = e^(x - max x) / sum. `y` may be `x`. A row of only -infinity becomes NaN, like the formula.
void SoftmaxRow(const float* x, float* y, size_t count);
void SoftmaxRow(const double* x, double* y, size_t count);

// `width` rows side by side, with `count` elements that are `stride` apart; T: float or double. `y` may be `x`.
// REQUIRES: width <= stride
template <typename T>
void SoftmaxAlong(const T* x, T* y, size_t count, size_t stride, size_t width);
// y = (x - max x) - log(sum of e^(x - max x))
template <typename T>
void LogSoftmaxAlong(const T* x, T* y, size_t count, size_t stride, size_t width);

}  // namespace onedge::ops
