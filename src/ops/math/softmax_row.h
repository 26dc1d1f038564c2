// The one softmax: of Softmax and LogSoftmax, of every attention and of SoftmaxCrossEntropyLoss. The maximum is
// subtracted first. The sum has LaneSum's order along any axis, and the quotient is one division: a row has the same
// bits wherever it is normalised. backends/cpu/row_kernels keep to both.
#pragma once

#include <cstddef>

namespace onedge::ops {

// y = e^(x - max x) / sum. `y` may be `x`. A row that is -infinity throughout becomes NaN, as the formula has it.
void SoftmaxRow(const float* x, float* y, size_t count);
void SoftmaxRow(const double* x, double* y, size_t count);

// `width` rows side by side, whose `count` elements are `stride` apart; T: float or double. `y` may be `x`.
// REQUIRES: width <= stride
template <typename T>
void SoftmaxAlong(const T* x, T* y, size_t count, size_t stride, size_t width);
// y = (x - max x) - log(sum of e^(x - max x))
template <typename T>
void LogSoftmaxAlong(const T* x, T* y, size_t count, size_t stride, size_t width);

}  // namespace onedge::ops
