// The windows of an image of bytes as panels of columns, and depthwise convolution over them; included by
// gemm_s8_tile.h.
#pragma once

#include <utility>

#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/simd.h"

namespace onedge::backends::cpu {

template <size_t kBytes>
using ByteVec __attribute__((vector_size(kBytes))) = int8_t;

// a0 b0 a1 b1 ...
template <size_t kBytes, size_t... kIndex>
ONEDGE_ALWAYS_INLINE ByteVec<2 * kBytes> Interleave(ByteVec<kBytes> a, ByteVec<kBytes> b,
                                                    std::index_sequence<kIndex...>) {
  return __builtin_shufflevector(a, b, ((kIndex % 2) * kBytes + kIndex / 2)...);
}
template <size_t kBytes>
ONEDGE_ALWAYS_INLINE ByteVec<2 * kBytes> Interleave(ByteVec<kBytes> a, ByteVec<kBytes> b) {
  return Interleave<kBytes>(a, b, std::make_index_sequence<2 * kBytes>());
}

template <size_t kColumns>
void PackWindows(size_t k, const int8_t* image, const uint32_t* offsets, std::span<const WindowRun> runs,
                 int8_t* panel) {
  using Row = ByteVec<kColumns>;
  const size_t half = (k + 1) / 2;
  if (runs.size() == 1) {
    image += runs[0].offset;
    for (size_t p = 0; p < half; ++p) {
      const size_t partner = half + p < k ? half + p : p;  // the weight of a missing partner is 0
      StoreVec(panel + p * 2 * kColumns,
               Interleave<kColumns>(LoadVec<Row>(image + offsets[p]), LoadVec<Row>(image + offsets[partner])));
    }
    return;
  }
  // A whole vector is stored for each run; the next run or row overwrites the excess.
  constexpr size_t kBlock = 32;
  int8_t rows[2][(kBlock + 2) * kColumns];
  for (size_t p0 = 0; p0 < half; p0 += kBlock) {
    const size_t pairs = half - p0 < kBlock ? half - p0 : kBlock;
    for (size_t p = 0; p < pairs; ++p) {
      const size_t partner = half + p0 + p < k ? half + p0 + p : p0 + p;
      for (const WindowRun& run : runs) {
        StoreVec(rows[0] + p * kColumns + run.column, LoadVec<Row>(image + offsets[p0 + p] + run.offset));
        StoreVec(rows[1] + p * kColumns + run.column, LoadVec<Row>(image + offsets[partner] + run.offset));
      }
    }
    for (size_t p = 0; p < pairs; ++p) {
      StoreVec(panel + (p0 + p) * 2 * kColumns,
               Interleave<kColumns>(LoadVec<Row>(rows[0] + p * kColumns), LoadVec<Row>(rows[1] + p * kColumns)));
    }
  }
}

// y[count], written in whole tiles of 2 * kLanes = sums over taps of a channel's bytes times int16 weights.
template <class Simd>
void DepthwiseS8(size_t taps, const int8_t* x, const uint32_t* offsets, const int32_t* weights, size_t count,
                 int32_t* y) {
  using Int = typename Simd::Int;
  constexpr size_t kColumns = 2 * Simd::kLanes;
  using Row = ByteVec<kColumns>;
  typedef int16_t Words __attribute__((vector_size(8 * Simd::kLanes)));
  const size_t half = (taps + 1) / 2;
  for (size_t j = 0; j < count; j += kColumns) {
    Int low{}, high{};
    for (size_t p = 0; p < half; ++p) {
      const size_t partner = half + p < taps ? half + p : p;
      const auto pairs = Interleave<kColumns>(LoadVec<Row>(x + j + offsets[p]), LoadVec<Row>(x + j + offsets[partner]));
      const Words words = __builtin_convertvector(pairs, Words);
      const Int weight = SplatVec<Int>(weights[p]);
      struct Halves {
        Int low, high;
      };
      const Halves halves = __builtin_bit_cast(Halves, words);
      low += Simd::DotPairs(halves.low, weight);
      high += Simd::DotPairs(halves.high, weight);
    }
    StoreVec(y + j, low);
    StoreVec(y + j + Simd::kLanes, high);
  }
}

}  // namespace onedge::backends::cpu
