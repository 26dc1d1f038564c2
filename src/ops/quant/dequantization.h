// Dequantization: converts the int32 sums of a product of quantized matrices, in the one order of operations that every
// kernel must use.
#pragma once

#include "ops/math/activation.h"

namespace onedge::ops {

// Column j of a row: float(sum) * (x_scale * weight_scale[j]) + bias[j], then the activation.
struct Dequantization {
  float x_scale = 1;
  const float* weight_scale = nullptr;
  const float* bias = nullptr;  // may be null
  Activation activation;
  size_t scale_stride = 1;  // 0: one scale for all columns
};

}  // namespace onedge::ops
