// Work on rows of f32, for each vector width. The bits are those of the portable operators at any width.
#pragma once

#include <cstddef>

namespace onedge::backends::cpu {

// Elements to which a row is padded, in memory that the kernels may write.
inline constexpr size_t kRowPadding = 16;

struct RowKernels {
  // x = softmax(x * scale + mask), in place, `count` elements; x has room up to a multiple of kRowPadding, whose values are
  // left undefined. `mask` may be null; its elements are mask_stride (0 or 1) apart.
  void (*scaled_masked_softmax)(float* x, size_t count, float scale, const float* mask, size_t mask_stride);
};

const RowKernels& SelectRowKernels();
// The ones that every processor can run.
const RowKernels& Simd128RowKernels();

}  // namespace onedge::backends::cpu
