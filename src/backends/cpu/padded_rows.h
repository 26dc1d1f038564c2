// A channel of an image, copied with its padding, its columns sorted by their position within a stride, so that
// neighbours in the output are neighbours here: [padded rows][stride of columns][phase_width]. For depthwise
// convolutions and pooling with channels first.
#pragma once

#include <algorithm>
#include <vector>

#include "base/checked_math.h"
#include "ops/nn/window.h"

namespace onedge::backends::cpu {

struct PaddedRows {
  // Floats past the end of a row that may be read.
  static constexpr size_t kReadable = 16;

  PaddedRows() = default;
  PaddedRows(const ops::WindowAxis& rows, const ops::WindowAxis& columns);

  size_t floats() const { return padded_rows * phases * phase_width; }
  // False if pads or strides are so large that a padded copy would be far too big.
  bool IsReasonable(size_t in, size_t out) const;
  // `fill`: the value of the padding.
  void Copy(const ops::WindowAxis& rows, const ops::WindowAxis& columns, const float* x, float fill, float* out) const;

  size_t padded_rows = 0, phases = 0, phase_width = 0;
  size_t row_step = 0;          // from an output row to the next
  std::vector<size_t> offsets;  // of each tap, relative to the window's corner
};

}  // namespace onedge::backends::cpu
