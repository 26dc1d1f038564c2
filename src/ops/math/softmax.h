// The attributes of Softmax, LogSoftmax and Hardmax (ai.onnx 1, 11, 13).
#pragma once

#include "ops/op.h"

namespace onedge::ops {

enum class SoftmaxKind : uint8_t { kSoftmax, kLogSoftmax, kHardmax };

struct SoftmaxAttributes : Typed<SoftmaxAttributes> {
  SoftmaxAttributes(SoftmaxKind which, int64_t along, bool flattens) : kind(which), axis(along), flatten(flattens) {}

  const SoftmaxKind kind;
  const int64_t axis;
  const bool flatten;  // before opset 13: over all dimensions from `axis` on, as one
};

}  // namespace onedge::ops
