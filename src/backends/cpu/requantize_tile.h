// Requantization of a tile of int32 sums to bytes, with the bits of ops::Requantize; included by gemm_s8_tile.h.
#pragma once

#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/simd.h"

namespace onedge::backends::cpu {

// `count` columns of each row. Tiles have whole vectors; `y` is written only as far as `count`.
template <class Simd>
void RequantizeTile(size_t rows, size_t count, const int32_t* tile, size_t tile_stride, const TileRequantization& q,
                    uint8_t* y, size_t y_stride) {
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  constexpr size_t kLanes = Simd::kLanes;
  typedef uint8_t Bytes __attribute__((vector_size(kLanes)));
  const Vec low = SplatVec<Vec>(q.low), high = SplatVec<Vec>(q.high);
  // After the addition the low bits of the mantissa hold the integer. The low byte is the same for int8 and uint8.
  const int32_t shift = q.zero_point - 0x4b400000;
  for (size_t r = 0; r < rows; ++r) {
    for (size_t j = 0; j < count; j += kLanes) {
      Int sums = LoadVec<Int>(tile + r * tile_stride + j);
      Vec multiplier;
      if (q.by_row) {
        sums += q.offsets[r];
        multiplier = SplatVec<Vec>(q.multipliers[r]);
      } else {
        multiplier = LoadVec<Vec>(q.multipliers + j);
      }
      Vec value = __builtin_convertvector(sums, Vec) * multiplier;
      value = value > low ? value : low;
      value = value < high ? value : high;
      const Bytes bytes = __builtin_convertvector((Int)(value + 12582912.0f) + shift, Bytes);
      if (count - j >= kLanes) {
        StoreVec(y + r * y_stride + j, bytes);
      } else {
        for (size_t c = 0; c < count - j; ++c) y[r * y_stride + j + c] = bytes[c];
      }
    }
  }
}

}  // namespace onedge::backends::cpu
