#include "ops/nn/resize_axis.h"

#include <algorithm>
#include <cmath>

namespace onedge::ops {
namespace {

// The position of output `x` on the input axis.
double SourceOf(const ResizeRules& rules, const ResizeAxis& axis, double x) {
  const double in = static_cast<double>(axis.in);
  const double out = axis.scale * in;  // as specified: not the rounded size
  switch (rules.coordinates) {
    case CoordinateMode::kAlignCorners:
      return out == 1 ? 0 : x * (in - 1) / (out - 1);
    case CoordinateMode::kAsymmetric:
      return x / axis.scale;
    case CoordinateMode::kTfHalfPixelForNn:
      return (x + 0.5) / axis.scale;
    case CoordinateMode::kPytorchHalfPixel:
      return out == 1 ? -0.5 : (x + 0.5) / axis.scale - 0.5;
    case CoordinateMode::kTfCropAndResize: {
      const double span = (axis.roi_end - axis.roi_begin) * (in - 1);
      return axis.roi_begin * (in - 1) + (out == 1 ? span / 2 : x * span / (out - 1));
    }
    case CoordinateMode::kHalfPixelSymmetric:
      return in / 2 * (1 - static_cast<double>(axis.out) / out) + (x + 0.5) / axis.scale - 0.5;
    case CoordinateMode::kHalfPixel:
      break;
  }
  return (x + 0.5) / axis.scale - 0.5;
}

double Nearest(const ResizeRules& rules, const ResizeAxis& axis, double source) {
  switch (rules.nearest) {
    case NearestMode::kRoundPreferFloor:
      return std::ceil(source - 0.5);
    case NearestMode::kRoundPreferCeil:
      return std::floor(source + 0.5);
    case NearestMode::kFloor:
      return std::floor(source);
    case NearestMode::kCeil:
      return std::ceil(source);
    case NearestMode::kFloorOrCeil:
      break;
  }
  return axis.scale < 1 ? std::ceil(source) : std::floor(source);
}

// Keys' cubic kernel at distance d.
double Cubic(double a, double d) {
  d = std::abs(d);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

}  // namespace

ResizeTable MakeResizeTable(const ResizeRules& rules, const ResizeAxis& axis) {
  ONEDGE_DCHECK(axis.in > 0 && axis.out >= 0 && axis.scale > 0);
  ONEDGE_DCHECK(static_cast<double>(axis.out) <= static_cast<double>(axis.in) * axis.scale + 1);
  ResizeTable table;
  const double last = static_cast<double>(axis.in - 1);
  const auto clamped = [&](double index) { return static_cast<int64_t>(std::min(last, std::max(0.0, index))); };
  // Antialiasing widens the kernel by 1 / scale if the image shrinks.
  const double shrink = rules.antialias ? std::min(1.0, axis.scale) : 1.0;
  const double radius = rules.mode == ResizeMode::kCubic ? 2 : 1;
  const double first_tap = std::floor(-radius / shrink) + 1;
  if (rules.mode != ResizeMode::kNearest) table.taps = static_cast<size_t>(2 - 2 * first_tap);
  const size_t outputs = static_cast<size_t>(axis.out);
  table.index.resize(outputs * table.taps);
  table.weight.resize(outputs * table.taps, 1.0);
  table.outside.resize(outputs);
  for (size_t o = 0; o < outputs; ++o) {
    const double source = SourceOf(rules, axis, static_cast<double>(o));
    table.outside[o] = rules.coordinates == CoordinateMode::kTfCropAndResize && !(source >= 0 && source <= last);
    int64_t* index = &table.index[o * table.taps];
    double* weight = &table.weight[o * table.taps];
    if (rules.mode == ResizeMode::kNearest) {
      const double nearest = Nearest(rules, axis, source);
      index[0] = std::isnan(nearest) ? 0 : clamped(nearest);
      continue;
    }
    // NaN and infinity (from a region of interest) count as outside, so any finite position will do.
    const double place = std::isfinite(source) ? source : 0;
    const double base = std::floor(place);
    const double fraction = place - base;
    double sum = 0;
    for (size_t k = 0; k < table.taps; ++k) {
      const double offset = first_tap + static_cast<double>(k);
      const double distance = (offset - fraction) * shrink;
      weight[k] =
          rules.mode == ResizeMode::kCubic ? Cubic(rules.cubic_a, distance) : std::max(0.0, 1 - std::abs(distance));
      const double position = base + offset;
      if (rules.exclude_outside && (position < 0 || position > last)) weight[k] = 0;
      index[k] = clamped(position);
      sum += weight[k];
    }
    const bool normalise = rules.antialias || rules.exclude_outside;
    for (size_t k = 0; normalise && sum != 0 && k < table.taps; ++k) weight[k] /= sum;
  }
  return table;
}

}  // namespace onedge::ops
