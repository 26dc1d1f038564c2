// The register tile of the 8-bit products for instructions that multiply blocks: two rows by two columns, eight depths
// of each. Its kernels are of kind 4 and have `groups_together` 2, so that the eight depths of a column lie together.
#pragma once

#include <utility>

#include "backends/cpu/gemm_s8_tile.h"

namespace onedge::backends::cpu {

// `Product::MulAdd(sums, rows, columns)`: sums {r0 c0, r0 c1, r1 c0, r1 c1}; rows {r0, r1} of int8s, columns {c0, c1}.
template <class Product, size_t kRows, size_t kVecs>
void GemmS8BlockTile(size_t groups, const int32_t* a, size_t a_stride, const int8_t* b, int32_t* c, size_t c_stride,
                     bool accumulate, const GemmS8Kernels::Excess& excess) {
  using Int = ops::lanes::I32x4;
  typedef int64_t TwoGroups __attribute__((vector_size(16)));
  constexpr size_t kPairs = (kRows + 1) / 2, kBlocks = 2 * kVecs, kPanelStep = 16 * kBlocks;
  // A block is half of a vector of one row and half of one of the next row. A last row without a partner has a zero
  // row.
  const auto has = [](size_t row) __attribute__((always_inline)) { return row < kRows; };
  Int sums[kPairs][kBlocks];
  for (size_t i = 0; i < kPairs; ++i) {
    int32_t* at = c + 2 * i * c_stride;
    __builtin_prefetch(at, 1);
    if (has(2 * i + 1)) __builtin_prefetch(at + c_stride, 1);
    for (size_t j = 0; j < kVecs; ++j) {
      const Int first = accumulate ? LoadVec<Int>(at + 4 * j) : Int{};
      const Int second = accumulate && has(2 * i + 1) ? LoadVec<Int>(at + c_stride + 4 * j) : Int{};
      sums[i][2 * j] = __builtin_shufflevector(first, second, 0, 1, 4, 5);
      sums[i][2 * j + 1] = __builtin_shufflevector(first, second, 2, 3, 6, 7);
    }
  }
  for (size_t p = 0; p < groups; p += 2) {
    Int rows[kPairs];
    for (size_t i = 0; i < kPairs; ++i) {
      const int32_t* from = a + 2 * i * a_stride;
      rows[i] = (Int)TwoGroups{LoadVec<int64_t>(from), has(2 * i + 1) ? LoadVec<int64_t>(from + a_stride) : int64_t{0}};
    }
    for (size_t j = 0; j < kBlocks; ++j) {
      const Int columns = LoadVec<Int>(b + 16 * j);
      for (size_t i = 0; i < kPairs; ++i) sums[i][j] = Product::MulAdd(sums[i][j], rows[i], columns);
    }
    a += 2;
    b += kPanelStep;
  }
  for (size_t e = 0; e < excess.count; ++e) {
    const ExcessStep& step = excess.steps[e];
    const int8_t* from = excess.panel + step.group / 2 * kPanelStep;
    // Of the two groups that lie together the other one has zeros.
    const bool second = step.group % 2 == 1;
    for (size_t i = 0; i < kPairs; ++i) {
      const int32_t bytes = step.rows[2 * i], others = has(2 * i + 1) ? step.rows[2 * i + 1] : 0;
      const Int rows = second ? Int{0, bytes, 0, others} : Int{bytes, 0, others, 0};
      for (size_t j = 0; j < kBlocks; ++j) sums[i][j] = Product::MulAdd(sums[i][j], rows, LoadVec<Int>(from + 16 * j));
    }
  }
  for (size_t i = 0; i < kPairs; ++i) {
    int32_t* at = c + 2 * i * c_stride;
    for (size_t j = 0; j < kVecs; ++j) {
      const Int left = sums[i][2 * j], right = sums[i][2 * j + 1];
      StoreVec(at + 4 * j, __builtin_shufflevector(left, right, 0, 1, 4, 5));
      if (has(2 * i + 1)) StoreVec(at + c_stride + 4 * j, __builtin_shufflevector(left, right, 2, 3, 6, 7));
    }
  }
}

// `Simd` does all but the products.
template <class Product, size_t kVecs, class Simd, bool kUnsignedColumns, size_t... kIndex>
constexpr GemmS8Kernels MakeGemmS8BlockKernels(std::string_view name, std::index_sequence<kIndex...>) {
  constexpr size_t kColumns = 4 * kVecs;
  return {.name = name,
          .depths = 4,
          .limited = false,
          .unsigned_columns = kUnsignedColumns,
          .rows = sizeof...(kIndex),
          .columns = kColumns,
          .direct_rows = true,
          .groups_together = 2,
          .tiles = {GemmS8BlockTile<Product, kIndex + 1, kVecs>...},
          .dequantize = DequantizeTile<Simd, kColumns / Simd::kLanes>,
          .pack_quantized = PackQuantizedBytes<Simd, false>,
          .requantize = RequantizeTile<Simd>,
          .pack_windows = PackWindows<Simd, 4, 2, kColumns>,
          .depthwise = nullptr};
}

}  // namespace onedge::backends::cpu
