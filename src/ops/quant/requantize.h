// Requantization of int32 sums to 8 bits, for QLinearMatMul and QLinearConv, and the float parameters of quantized
// operators.
#pragma once

#include <vector>

#include "ops/op.h"

namespace onedge::ops {

// The elements of input `i` (float32, float16, bfloat16 or float64) as floats.
Result<InlineVector<float, 8>> FloatInput(const OpContext& ctx, size_t i);

// An output's 8-bit zero point (input `i`): its value, and the range of rounded quotients.
struct OutputQuantization {
  DType dtype = DType::kUint8;
  int32_t zero_point = 0;
  float low = 0;   // lowest(dtype) - zero_point
  float high = 0;  // max(dtype) - zero_point
};
Result<OutputQuantization> ReadOutputQuantization(const OpContext& ctx, size_t i);

// y = saturate(round(sum * multiplier) + zero_point), ties to even. multiplier[j * stride] belongs to sums[j].
void Requantize(const int32_t* sums, size_t count, const float* multipliers, size_t stride,
                const OutputQuantization& quantization, uint8_t* y);

}  // namespace onedge::ops
