// Weights of 2, 4 or 8 bits (MatMulNBits) in panels of columns, and kernels that widen them, for each vector width.
// Everything here is stateless; the weights are read-only and shared.
#pragma once

#include <cstddef>
#include <cstdint>

namespace onedge::backends::cpu {

struct NBitsPanels {
  // A panel is [byte_rows][columns]: byte i of each column has its codes from i * 8 / bits on, from the low bits on.
  const uint8_t* codes;
  // A panel is [blocks][columns]. The zero points are bytes, floats, or (both null) half the range of the codes.
  const float* scales;
  const uint8_t* zero_bytes;
  const float* zero_floats;
  size_t k;
  size_t bits;
  size_t block_size;
  size_t columns;  // of a panel: as many as the f32 tile has
  size_t panels;

  size_t blocks() const { return (k + block_size - 1) / block_size; }
  size_t byte_rows() const { return (k * bits + 7) / 8; }
};

inline constexpr size_t kNBitsRows = 4;

struct NBitsRows {
  // to[depth, columns] = rows [k0, k0 + depth) of a panel: (code - zero point) * scale, rounded after each operation.
  // Writes up to three rows more. REQUIRES: k0 is a multiple of 4.
  void (*dequantize)(const NBitsPanels& w, size_t panel, size_t k0, size_t depth, float* to);
  // y[m, panels_at_once * columns] = x [m, k], rows k apart, * panels from `panel` on. Each element is the chain of
  // sums of the f32 tile of the same mode, so its bits do not depend on m. Panels after the last one give undefined
  // columns. Null in WebAssembly, for its size. REQUIRES: 1 <= m <= kNBitsRows.
  void (*multiply)(const NBitsPanels& w, size_t m, size_t panel, const float* x, float* y);
  size_t panels_at_once[kNBitsRows];  // by m - 1
};

// For the panels and the mode of SelectGemmF32(exact).
const NBitsRows& SelectNBitsRows(bool exact);
// The exact kernels that every processor can run, with the panels of the last of AllGemmF32.
const NBitsRows& Simd128NBitsRows();

}  // namespace onedge::backends::cpu
