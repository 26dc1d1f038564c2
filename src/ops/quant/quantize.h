// Quantization to 8 bits as ONNX defines it. Every kernel uses this one order of operations.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/thread_pool.h"
#include "tensor/dtype.h"

namespace onedge::ops {

inline bool IsByte(DType dtype) { return dtype == DType::kInt8 || dtype == DType::kUint8; }

// The parameters of DynamicQuantizeLinear: uint8, one pair for the tensor.
struct DynamicQuantization {
  float scale = 1.0f;
  uint8_t zero_point = 0;
};

// scale = (max(0, highest) - min(0, lowest)) / 255, zero_point = round(clamp(0 - min(0, lowest) / scale)). The scale of
// zeros is 1.
DynamicQuantization ChooseQuantization(float lowest, float highest);

// Over all of x; NaNs are ignored.
DynamicQuantization ChooseQuantization(const float* x, size_t count, ThreadPool* pool);

// round(x / scale), ties to even, clamped to [low, high]; NaN gives low. REQUIRES: |low|, |high| < 2^22.
// The sum with 1.5 * 2^23 rounds: one instruction on every target, unlike std::nearbyint on baseline x86.
inline int32_t RoundQuotient(float x, float scale, float low, float high) {
  ONEDGE_DCHECK(low > -4194304.0f && low <= high && high < 4194304.0f);
  float quotient = x / scale;
  quotient = quotient > low ? quotient : low;
  quotient = quotient < high ? quotient : high;
  return static_cast<int32_t>((quotient + 12582912.0f) - 12582912.0f);
}

// y = saturate(round(x / scale) + zero_point).
void QuantizeToUint8(const float* x, size_t count, DynamicQuantization parameters, uint8_t* y);

}  // namespace onedge::ops
