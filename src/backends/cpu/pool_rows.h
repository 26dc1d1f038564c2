// Kernels for pooling: rows over the taps of a window, for each vector width. The bits are the same at any width.
#pragma once

#include <cstddef>

namespace onedge::backends::cpu {

struct PoolRows {
  // y[i] = the sum (the largest; NaN if one is) over t of x[offsets[t] + i], in ascending order of t, for `count`
  // elements. Without taps: 0 (-infinity). Reads up to 8 floats past the last one.
  void (*sum)(const float* x, const size_t* offsets, size_t taps, float* y, size_t count);
  void (*maximum)(const float* x, const size_t* offsets, size_t taps, float* y, size_t count);
};

const PoolRows& SelectPoolRows();

}  // namespace onedge::backends::cpu
