#include "backends/cpu/padded_rows.h"

namespace onedge::backends::cpu {
namespace {

size_t Size(const graph::Dim& dim) { return static_cast<size_t>(dim.value); }

}  // namespace

PaddedRows::PaddedRows(const ops::WindowAxis& rows, const ops::WindowAxis& columns) {
  padded_rows = Size(rows.out) == 0
                    ? 0
                    : static_cast<size_t>((rows.out.value - 1) * rows.stride + (rows.kernel - 1) * rows.dilation + 1);
  phases = static_cast<size_t>(columns.stride);
  phase_width =
      AlignUp(Size(columns.out) + static_cast<size_t>((columns.kernel - 1) * columns.dilation) / phases + 1 + kReadable,
              kReadable);
  for (int64_t ky = 0; ky < rows.kernel; ++ky) {
    for (int64_t kx = 0; kx < columns.kernel; ++kx) {
      const size_t column = static_cast<size_t>(kx * columns.dilation);
      offsets.push_back((static_cast<size_t>(ky * rows.dilation) * phases + column % phases) * phase_width +
                        column / phases);
    }
  }
  row_step = static_cast<size_t>(rows.stride) * phases * phase_width;
}

bool PaddedRows::IsReasonable(size_t in, size_t out) const {
  const double floats =
      static_cast<double>(padded_rows) * static_cast<double>(phases) * static_cast<double>(phase_width);
  return floats <= 8.0 * static_cast<double>(in + out) + 65536.0;
}

void PaddedRows::Copy(const ops::WindowAxis& rows, const ops::WindowAxis& columns, const float* x, float fill,
                      float* out) const {
  for (size_t y = 0; y < padded_rows; ++y) {
    const int64_t iy = static_cast<int64_t>(y) - rows.pad_begin;
    for (size_t phase = 0; phase < phases; ++phase, out += phase_width) {
      if (iy < 0 || iy >= rows.in.value) {
        std::fill_n(out, phase_width, fill);
        continue;
      }
      // Position i holds column i * stride + phase - pad.
      const float* row = x + iy * columns.in.value;
      const int64_t stride = columns.stride;
      const int64_t shift = static_cast<int64_t>(phase) - columns.pad_begin;
      const int64_t width = static_cast<int64_t>(phase_width);
      const int64_t first = std::min(width, shift >= 0 ? 0 : (-shift + stride - 1) / stride);
      const int64_t last = std::clamp((columns.in.value - shift + stride - 1) / stride, first, width);
      std::fill_n(out, first, fill);
      if (stride == 1) {
        std::copy_n(row + first + shift, last - first, out + first);
      } else {
        for (int64_t i = first; i < last; ++i) out[i] = row[i * stride + shift];
      }
      std::fill(out + last, out + width, fill);
    }
  }
}

}  // namespace onedge::backends::cpu
