// The mapping of one axis of a Resize, Upsample or affine sampling from outputs to weighted inputs.
#pragma once

#include <vector>

#include "ops/op.h"

namespace onedge::ops {

enum class ResizeMode : uint8_t { kNearest, kLinear, kCubic };
enum class CoordinateMode : uint8_t {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kTfHalfPixelForNn,
  kTfCropAndResize
};
enum class NearestMode : uint8_t {
  kRoundPreferFloor,
  kRoundPreferCeil,
  kFloor,
  kCeil,
  kFloorOrCeil  // before opset 11: floor when growing, ceil when shrinking
};

struct ResizeRules {
  ResizeMode mode = ResizeMode::kNearest;
  CoordinateMode coordinates = CoordinateMode::kHalfPixel;
  NearestMode nearest = NearestMode::kRoundPreferFloor;
  bool antialias = false;
  bool exclude_outside = false;
  double cubic_a = -0.75;
};

struct ResizeAxis {
  int64_t in = 1;
  int64_t out = 1;
  double scale = 1;  // out / in, as given: not rounded to whole outputs
  double roi_begin = 0;
  double roi_end = 1;
};

// For output o: `taps` inputs at index[o * taps ..] with weight[o * taps ..]; outside[o]: beyond the input (crop and
// resize).
struct ResizeTable {
  size_t taps = 1;
  std::vector<int64_t> index;
  std::vector<double> weight;
  std::vector<bool> outside;
};
// REQUIRES: in > 0, out >= 0, scale > 0 and out <= in * scale + 1.
ResizeTable MakeResizeTable(const ResizeRules& rules, const ResizeAxis& axis);

}  // namespace onedge::ops
