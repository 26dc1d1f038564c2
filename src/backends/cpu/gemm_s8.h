// Exact products of 8-bit matrices: activations minus their zero point, as int16, times int8 weights, summed in int32
// by multiply-add of pairs. The sums are integers, so every order of summation gives the same bits on every host.
//
// Layouts. Depths are paired across the halves of k, p with p + h, h = ceil(k / 2), so that packing works on whole
// vectors; a missing partner is zero. Packed rows: tiles of `rows` rows, the last one smaller; a tile of r rows is
// [h][r] int32, each the two int16s of a pair; kernels with `direct_rows` read plain rows instead, [h] each. Packed
// columns: panels of `columns` columns, the last one padded; a panel is [h][columns][2] int8.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "base/buffer.h"
#include "base/thread_pool.h"
#include "ops/quant/dequantization.h"
#include "ops/quant/quantize.h"
#include "tensor/tensor.h"

namespace onedge::backends::cpu {

// Its scales and biases must be readable up to a whole number of panels, and scale_stride must be 1.
using ops::Dequantization;

// Requantization of a tile: saturate(round((sum + offset) * multiplier) + zero point), ties to even. A row has an
// offset and a multiplier, or (without by_row) a column has a multiplier.
struct TileRequantization {
  bool by_row = true;
  const int32_t* offsets = nullptr;
  const float* multipliers = nullptr;  // of columns: readable up to a whole tile
  float low = 0;                       // of the result, without the zero point
  float high = 0;
  int32_t zero_point = 0;
};

// Columns [column, next run's column) of a panel of windows lie one after another in the image, from `offset` on.
struct WindowRun {
  uint32_t column;
  uint32_t offset;
};

struct GemmS8Kernels {
  std::string_view name;
  size_t rows;
  size_t columns;
  bool direct_rows;
  // c[r, columns] = (accumulate ? c : 0) + a * b over `pairs` pairs of depths, for a tile of r = 1 + index rows,
  // a_stride apart if they are read directly.
  using Tile = void (*)(size_t pairs, const int32_t* a, size_t a_stride, const int8_t* b, int32_t* c, size_t c_stride,
                        bool accumulate);
  Tile tiles[6];
  // Converts int32 sums to floats in place: c[r, columns].
  void (*dequantize)(size_t r, int32_t* c, size_t c_stride, size_t column, const Dequantization& d);
  // Quantizes rows [begin, end) of x [m, k] to integers round(x / scale), clamped so that the sum with the zero point
  // fits a uint8, and writes them to the packed rows of all m.
  void (*pack_quantized)(size_t begin, size_t end, size_t k, const float* x, ops::DynamicQuantization quantization,
                         int32_t* out);
  // Writes `count` columns of `rows` rows.
  void (*requantize)(size_t rows, size_t count, const int32_t* tile, size_t tile_stride, const TileRequantization& q,
                     uint8_t* y, size_t y_stride);
  // A packed panel of columns; row p of it, depth p, starts at image + offsets[p]. Reads whole vectors.
  void (*pack_windows)(size_t k, const int8_t* image, const uint32_t* offsets, std::span<const WindowRun> runs,
                       int8_t* panel);
  // One row of a depthwise convolution: y[count] = sums of x[offsets[tap] + j] * weight of tap. `weights`: packed like
  // one row. Reads and writes whole vectors: up to 15 elements more.
  void (*depthwise)(size_t taps, const int8_t* x, const uint32_t* offsets, const int32_t* weights, size_t count,
                    int32_t* y);
};

// Packs rows [begin, end) of bytes [m, k] minus their zero points (row i: zero_points[i * zero_point_step]) like
// pack_quantized. row_sums[i]: the sum of row i, which a zero point of the other operand multiplies.
template <typename T>
void PackIntegers(const GemmS8Kernels& kernels, size_t begin, size_t end, size_t k, const T* a, const T* zero_points,
                  size_t zero_point_step, int32_t* out, int32_t* row_sums);

const GemmS8Kernels& SelectGemmS8();
// All kernels that this processor can run, for tests and benchmarks.
std::span<const GemmS8Kernels* const> AllGemmS8();

// Packed int8 or uint8 weights [k, n]. Immutable and shared.
class PackedWeightsS8 {
 public:
  // `zero_points`: none, one, or one for each column. Fails if the budget is exceeded.
  static Result<PackedWeightsS8> Pack(const GemmS8Kernels& kernels, const Tensor& weights, const Tensor* zero_points,
                                      MemoryBudget* budget);

  size_t k() const { return k_; }
  size_t n() const { return n_; }
  size_t padded_n() const { return padded_n_; }
  size_t byte_size() const { return weights_.size() + zero_points_.size(); }
  const GemmS8Kernels& kernels() const { return *kernels_; }

  // The bytes that a run needs for m rows.
  size_t WorkspaceBytes(size_t m) const;

  // y [m, n] = (a - a_zero_point) * (w - zero points). a: int8 or uint8 [m, k].
  template <typename T>
  void RunInteger(size_t m, const T* a, int32_t a_zero_point, int32_t* y, uint8_t* workspace,
                  ThreadPool* threads) const;
  // y [m, n] = dequantized product of x, quantized, with the weights. REQUIRES: the zero point of the weights is 0.
  void RunDynamic(size_t m, const float* x, ops::DynamicQuantization quantization, const Dequantization& d, float* y,
                  uint8_t* workspace, ThreadPool* threads) const;

 private:
  size_t pairs() const { return (k_ + 1) / 2; }
  size_t RowsAtATime(size_t m) const;
  // `pack(begin, end, out)` packs rows of the part that starts at `first`; `finish(rows, row, column, tile, stride)`.
  template <typename Pack, typename Finish>
  void RunBlocks(size_t m, int32_t* y, int32_t* rows, ThreadPool* threads, const Pack& pack,
                 const Finish& finish) const;

  const GemmS8Kernels* kernels_ = nullptr;
  size_t k_ = 0;
  size_t n_ = 0;
  size_t padded_n_ = 0;
  Buffer weights_;
  Buffer zero_points_;  // int32 [padded n]; empty if all are 0
};

}  // namespace onedge::backends::cpu
