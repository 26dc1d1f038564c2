// The attributes of ReduceMean, ReduceSum and similar operators (ai.onnx 1, 11, 13, 18).
#pragma once

#include "ops/op.h"

namespace onedge::ops {

enum class ReduceKind : uint8_t { kL1, kL2, kLogSum, kLogSumExp, kMax, kMean, kMin, kProd, kSum, kSumSquare };

struct Reduction : Typed<Reduction> {
  ReduceKind kind = ReduceKind::kSum;
  int64_t opset = 0;
  bool keepdims = true;
  bool noop_with_empty_axes = false;
  bool axes_are_input = false;  // input 1; `axes` is empty then
  std::vector<int64_t> axes;
};

}  // namespace onedge::ops
