// Exact products of 8-bit matrices, summed in int32. The sums are integers, so every order of summation gives the same
// bits on every host. There are two kinds of kernels, by the depths of one multiply-add:
//   2, pairs: activations minus their zero point, as int16, times int8 weights. Every processor can do it.
//   4, groups: rows as int8 (activations minus a centre) times columns as bytes (weights, plus 128 if
//      `unsigned_columns`). AVX2 sums two products in 16 bits: exact if the two int8s of a pair add up to at most 128.
//      The rest of a pair that exceeds this, or 8 bits, is taken out of the row and multiplied apart (ExcessStep). Few
//      groups have one, if the zero point is the centre.
//
// Layouts. Depths are grouped across the parts of k, p with p + h (p + 2h, p + 3h), h = ceil(k / depths), so that
// packing works on whole vectors; the weight of a missing partner is zero. Packed rows: tiles of `rows` rows, the last
// one smaller; a tile of r rows is [h][r] int32, each a group; kernels with `direct_rows` read plain rows instead, [h]
// each. Packed columns: panels of `columns` columns, the last one padded; a panel is [h][columns][depths] bytes.
// Kernels with `groups_together` 2 multiply eight depths at once: h is even, and a panel is [h /
// 2][columns][2][depths].
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "base/buffer.h"
#include "base/inline_vector.h"
#include "base/thread_pool.h"
#include "ops/quant/dequantization.h"
#include "ops/quant/quantize.h"
#include "tensor/tensor.h"

namespace onedge::backends::cpu {

// Its scales and biases must be readable up to a whole number of panels, and scale_stride must be 1.
using ops::Dequantization;

// Requantization of a tile: saturate(round((sum + offset) * multiplier) + zero point), ties to even. Each row has an
// offset and a multiplier.
struct TileRequantization {
  const int32_t* offsets = nullptr;
  const float* multipliers = nullptr;
  float low = 0;  // of the result, without the zero point
  float high = 0;
  int32_t zero_point = 0;
};

// Columns [column, next run's column) of a panel of windows lie one after another in the image, from `offset` on.
struct WindowRun {
  uint32_t column;
  uint32_t offset;
};

// A further step of a tile: int8s that its rows lack in one group, 0 for most rows.
struct ExcessStep {
  uint32_t group;
  int32_t rows[6];
};
// The same for one row.
struct RowGroup {
  uint32_t group;
  int32_t bytes;
};
// The most of either for one group: four bytes of -255..255 that become pairs of at most 128.
constexpr size_t kMostExcess = 3;

// Packed rows of kernels of kind 4.
struct PackedBytes {
  int32_t* rows;          // [m, h]
  int32_t* sums;          // [m], of the bytes before the excess was taken out
  uint32_t* step_counts;  // [tiles]
  ExcessStep* steps;      // [tiles, kMostExcess * h], by ascending groups
  RowGroup* row_excess;   // [tiles, kMostExcess * h], of the row that is being packed
  size_t tile_rows;
  size_t groups;   // h
  int32_t centre;  // subtracted from the bytes as uint8
};

// Added to sums, beside each other. Either may be null.
struct SumOffsets {
  const int32_t* columns;
  const int32_t* rows;
};

struct GemmS8Kernels {
  static constexpr size_t kMostColumns = 32;

  size_t Groups(size_t k) const {
    const size_t step = depths * groups_together;
    return (k + step - 1) / step * groups_together;
  }
  // Subtracted from bytes, as uint8. Most bytes lie around `zero_point`: pairs of these add up to at most 128, and with
  // a centre away from the ends so do most of a long tail.
  int32_t CentreOf(int32_t zero_point) const { return limited ? std::clamp(zero_point, 64, 191) : 128; }

  std::string_view name;
  size_t depths;
  bool limited;           // kind 4: pairs of a row may add up to 128 at most
  bool unsigned_columns;  // kind 4
  size_t rows;
  size_t columns;
  bool direct_rows;
#if defined(__wasm__)
  static constexpr size_t groups_together = 1;
#else
  size_t groups_together = 1;
#endif
  // c[r, columns] = (accumulate ? c : 0) + a * b over `groups` groups of depths, for a tile of r = 1 + index rows,
  // a_stride apart if they are read directly. Kind 4: plus `steps` times their groups of `panel`, all depths of b.
  struct Excess {
    const ExcessStep* steps;
    size_t count;
    const int8_t* panel;
  };
  using Tile = void (*)(size_t groups, const int32_t* a, size_t a_stride, const int8_t* b, int32_t* c, size_t c_stride,
                        bool accumulate, const Excess& excess);
  Tile tiles[6];
  // Converts int32 sums to floats in place: c[r, columns] of columns from `column` and rows from `row` on.
  void (*dequantize)(size_t r, int32_t* c, size_t c_stride, size_t column, size_t row, const Dequantization& d,
                     const SumOffsets& offsets);
  // Quantizes rows [begin, end) of x [m, k] to integers round(x / scale), clamped so that the sum with the zero point
  // fits a uint8. Kind 2 writes them to packed.rows; kind 4 the sums with the zero point minus the centre.
  void (*pack_quantized)(size_t begin, size_t end, size_t k, const float* x, ops::DynamicQuantization quantization,
                         const PackedBytes& packed);
  // Writes `count` columns of `rows` rows.
  void (*requantize)(size_t rows, size_t count, const int32_t* tile, size_t tile_stride, const TileRequantization& q,
                     uint8_t* y, size_t y_stride);
  // A packed panel of columns; row p of it, depth p, starts at image + offsets[p]. Reads whole vectors.
  void (*pack_windows)(size_t k, const int8_t* image, const uint32_t* offsets, std::span<const WindowRun> runs,
                       int8_t* panel);
  // Kind 2. One row of a depthwise convolution: y[count] = sums of x[offsets[tap] + j] * weight of tap. `weights`:
  // packed like one row. Reads and writes whole vectors: up to 15 elements more.
  void (*depthwise)(size_t taps, const int8_t* x, const uint32_t* offsets, const int32_t* weights, size_t count,
                    int32_t* y);
};

// Packs rows [begin, end) of bytes [m, k] minus their zero points (row i: zero_points[i * zero_point_step]) like
// pack_quantized. row_sums[i]: the sum of row i, which a zero point of the other operand multiplies.
template <typename T>
void PackIntegers(const GemmS8Kernels& kernels, size_t begin, size_t end, size_t k, const T* a, const T* zero_points,
                  size_t zero_point_step, int32_t* out, int32_t* row_sums);

// The kernels that this processor can run, from the fastest to the slowest. The others are for tests and benchmarks.
InlineVector<const GemmS8Kernels*, 6> AllGemmS8();
inline const GemmS8Kernels& SelectGemmS8() { return *AllGemmS8()[0]; }
// The fastest of kind 2.
const GemmS8Kernels& SelectGemmS8Pairs();

// Packed int8 or uint8 weights [k, n]. Immutable and shared.
class PackedWeightsS8 {
 public:
  // `zero_points`: none, one, or one for each column. Fails if the budget is exceeded.
  static Result<PackedWeightsS8> Pack(const GemmS8Kernels& kernels, const Tensor& weights, const Tensor* zero_points,
                                      MemoryBudget* budget);

  size_t k() const { return k_; }
  size_t n() const { return n_; }
  size_t padded_n() const { return padded_n_; }
  size_t byte_size() const { return weights_.size() + zero_points_.size() + sums_.size(); }
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
  size_t groups() const { return kernels_->Groups(k_); }
  // The parts of a workspace.
  struct Workspace {
    PackedBytes packed;
    int32_t* row_offsets;     // [m]: what unsigned columns add too much. Null if they are signed
    int32_t* column_offsets;  // [n]: what the centre leaves out. Null if it is the zero point
    int32_t missing;          // in each depth: centre - zero point
  };
  Workspace Divide(size_t m, int32_t zero_point, uint8_t* workspace) const;
  size_t RowsAtATime(size_t m) const;
  // `pack(begin, end, out)` packs rows of the part that starts at `first`; `finish(rows, row, column, tile, stride)`.
  template <typename Pack, typename Finish>
  void RunBlocks(size_t m, int32_t* y, const Workspace& parts, ThreadPool* threads, const Pack& pack,
                 const Finish& finish) const;

  const GemmS8Kernels* kernels_ = nullptr;
  size_t k_ = 0;
  size_t n_ = 0;
  size_t padded_n_ = 0;
  Buffer weights_;
  Buffer zero_points_;  // int32 [padded n]; empty if all are 0
  Buffer sums_;         // int32 [padded n], of the columns; empty for kind 2
};

}  // namespace onedge::backends::cpu
