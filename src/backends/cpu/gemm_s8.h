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
};

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
