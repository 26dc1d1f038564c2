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

template <size_t kDepths, size_t kColumns>
ONEDGE_ALWAYS_INLINE void StoreGroup(int8_t* to, const ByteVec<kColumns>* rows) {
  const auto pairs = Interleave<kColumns>(rows[0], rows[1]);
  if constexpr (kDepths == 2) {
    StoreVec(to, pairs);
  } else {
    // Pairs of bytes as one element each: a0 b0 c0 d0 a1 ...
    typedef int16_t Words __attribute__((vector_size(2 * kColumns)));
    const auto others = Interleave<kColumns>(rows[2], rows[3]);
    [&]<size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
      StoreVec(to, __builtin_shufflevector((Words)pairs, (Words)others, ((kIndex % 2) * kColumns + kIndex / 2)...));
    }(std::make_index_sequence<2 * kColumns>());
  }
}

template <size_t kDepths, size_t kColumns>
void PackWindows(size_t k, const int8_t* image, const uint32_t* offsets, std::span<const WindowRun> runs,
                 int8_t* panel) {
  using Row = ByteVec<kColumns>;
  const size_t groups = (k + kDepths - 1) / kDepths;
  // A missing partner may have any value, because its weight is 0.
  const auto depth_of = [&](size_t p, size_t d) { return d * groups + p < k ? d * groups + p : p; };
  if (runs.size() == 1) {
    image += runs[0].offset;
    for (size_t p = 0; p < groups; ++p) {
      Row rows[kDepths];
      for (size_t d = 0; d < kDepths; ++d) rows[d] = LoadVec<Row>(image + offsets[depth_of(p, d)]);
      StoreGroup<kDepths, kColumns>(panel + p * kDepths * kColumns, rows);
    }
    return;
  }
  // A whole vector is stored for each run; the next run or row overwrites the excess.
  constexpr size_t kBlock = 16;
  int8_t rows[kDepths][(kBlock + 2) * kColumns];
  for (size_t p0 = 0; p0 < groups; p0 += kBlock) {
    const size_t count = groups - p0 < kBlock ? groups - p0 : kBlock;
    for (size_t p = 0; p < count; ++p) {
      for (size_t d = 0; d < kDepths; ++d) {
        const int8_t* from = image + offsets[depth_of(p0 + p, d)];
        for (const WindowRun& run : runs)
          StoreVec(rows[d] + p * kColumns + run.column, LoadVec<Row>(from + run.offset));
      }
    }
    for (size_t p = 0; p < count; ++p) {
      Row group[kDepths];
      for (size_t d = 0; d < kDepths; ++d) group[d] = LoadVec<Row>(rows[d] + p * kColumns);
      StoreGroup<kDepths, kColumns>(panel + (p0 + p) * kDepths * kColumns, group);
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
