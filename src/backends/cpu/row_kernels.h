// Kernels for rows of f32, for each vector width. At any width the bits are those of the portable operators.
#pragma once

#include <cstddef>

#include "ops/math/activation.h"

namespace onedge::backends::cpu {

// A row is padded to a multiple of this, in memory that the kernels may write.
inline constexpr size_t kRowPadding = 16;

struct RowKernels {
  // x = softmax(x * scale + mask), in place, `count` elements. x has room up to a multiple of kRowPadding; the values
  // after `count` become undefined. `mask` may be null; its elements are mask_stride (0 or 1) apart.
  void (*scaled_masked_softmax)(float* x, size_t count, float scale, const float* mask, size_t mask_stride);

  // y[i] = sum over t of weights[t] * x[offsets[t] + i] + bias, for `count` elements: a row of a depthwise convolution.
  // Reads up to kRowPadding floats past the last one.
  void (*depthwise)(const float* x, const size_t* offsets, const float* weights, size_t taps, float bias, float* y,
                    size_t count);

  // x = activation(x), in place.
  void (*activate)(const ops::Activation& activation, float* x, size_t count);
};

// `exact`: without fused operations, for the same bits on every host.
const RowKernels& SelectRowKernels(bool exact);
// The exact kernels that every processor can run.
const RowKernels& Simd128RowKernels();

}  // namespace onedge::backends::cpu
