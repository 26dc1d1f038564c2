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

// A group of each column. rows: of its depths.
template <size_t kDepths, size_t kColumns>
ONEDGE_ALWAYS_INLINE ByteVec<kDepths * kColumns> GroupOf(const ByteVec<kColumns>* rows) {
  const auto pairs = Interleave<kColumns>(rows[0], rows[1]);
  if constexpr (kDepths == 2) {
    return pairs;
  } else {
    // Pairs of bytes as one element each: a0 b0 c0 d0 a1 ...
    typedef int16_t Words __attribute__((vector_size(2 * kColumns)));
    const auto others = Interleave<kColumns>(rows[2], rows[3]);
    return [&]<size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
      return (ByteVec<4 * kColumns>)__builtin_shufflevector((Words)pairs, (Words)others,
                                                            ((kIndex % 2) * kColumns + kIndex / 2)...);
    }(std::make_index_sequence<2 * kColumns>());
  }
}

// Two groups of each column, beside each other.
template <size_t kDepths, size_t kColumns>
ONEDGE_ALWAYS_INLINE ByteVec<2 * kDepths * kColumns> TwoGroupsOf(const ByteVec<kColumns>* rows) {
  typedef int32_t Groups __attribute__((vector_size(kDepths * kColumns)));
  static_assert(kDepths == 4);
  const auto first = (Groups)GroupOf<4, kColumns>(rows), second = (Groups)GroupOf<4, kColumns>(rows + 4);
  return [&]<size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
    return (ByteVec<8 * kColumns>)__builtin_shufflevector(first, second, ((kIndex % 2) * kColumns + kIndex / 2)...);
  }(std::make_index_sequence<2 * kColumns>());
}

// kTogether: groups that lie beside each other.
template <size_t kDepths, size_t kTogether, size_t kColumns>
ONEDGE_ALWAYS_INLINE void StoreGroups(int8_t* to, const ByteVec<kColumns>* rows) {
  if constexpr (kTogether == 2) {
    StoreVec(to, TwoGroupsOf<kDepths, kColumns>(rows));
  } else {
    StoreVec(to, GroupOf<kDepths, kColumns>(rows));
  }
}

// `Simd`: the file's tag.
template <class Simd, size_t kDepths, size_t kTogether, size_t kColumns>
void PackWindows(size_t k, const int8_t* image, const uint32_t* offsets, std::span<const WindowRun> runs,
                 int8_t* panel) {
  using Row = ByteVec<kColumns>;
  constexpr size_t kRows = kDepths * kTogether;
  const size_t groups = (k + kRows - 1) / kRows * kTogether;
  // Row i of the groups from p on. A missing partner may have any value, because its weight is 0.
  const auto depth_of = [&](size_t p, size_t i) {
    const size_t depth = i % kDepths * groups + p + i / kDepths;
    return depth < k ? depth : 0;
  };
  if (runs.size() == 1) {
    image += runs[0].offset;
    for (size_t p = 0; p < groups; p += kTogether) {
      Row rows[kRows];
      for (size_t i = 0; i < kRows; ++i) rows[i] = LoadVec<Row>(image + offsets[depth_of(p, i)]);
      StoreGroups<kDepths, kTogether, kColumns>(panel + p * kDepths * kColumns, rows);
    }
    return;
  }
  // A whole vector is stored for each run; the next run or row overwrites the excess.
  constexpr size_t kBlock = 16 / kTogether;
  int8_t rows[kRows][(kBlock + 2) * kColumns];
  for (size_t p0 = 0; p0 < groups; p0 += kBlock * kTogether) {
    const size_t count = (groups - p0 < kBlock * kTogether ? groups - p0 : kBlock * kTogether) / kTogether;
    for (size_t p = 0; p < count; ++p) {
      for (size_t i = 0; i < kRows; ++i) {
        const int8_t* from = image + offsets[depth_of(p0 + p * kTogether, i)];
        for (const WindowRun& run : runs)
          StoreVec(rows[i] + p * kColumns + run.column, LoadVec<Row>(from + run.offset));
      }
    }
    for (size_t p = 0; p < count; ++p) {
      Row group[kRows];
      for (size_t i = 0; i < kRows; ++i) group[i] = LoadVec<Row>(rows[i] + p * kColumns);
      StoreGroups<kDepths, kTogether, kColumns>(panel + (p0 + p * kTogether) * kDepths * kColumns, group);
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
