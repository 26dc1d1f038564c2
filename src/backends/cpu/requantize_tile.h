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
  typedef uint8_t TwiceBytes __attribute__((vector_size(2 * kLanes)));
  typedef int32_t TwiceInt __attribute__((vector_size(8 * kLanes)));
  const Vec low = SplatVec<Vec>(q.low), high = SplatVec<Vec>(q.high);
  // After the addition the low bits of the mantissa hold the integer. The low byte is the same for int8 and uint8.
  const int32_t shift = q.zero_point - 0x4b400000;
  for (size_t r = 0; r < rows; ++r) {
    const Vec multiplier = SplatVec<Vec>(q.multipliers[r]);
    const Int offset = SplatVec<Int>(q.offsets[r]);
    const auto requantize = [&](const int32_t* sums) __attribute__((always_inline)) {
      Vec value = __builtin_convertvector(LoadVec<Int>(sums) + offset, Vec) * multiplier;
      value = value > low ? value : low;
      value = value < high ? value : high;
      return ((Int)(value + 12582912.0f) + shift) & 0xff;
    };
    const int32_t* sums = tile + r * tile_stride;
    uint8_t* to = y + r * y_stride;
    size_t j = 0;
    for (; j + 2 * kLanes <= count; j += 2 * kLanes) {
      const Int both[2] = {requantize(sums + j), requantize(sums + j + kLanes)};
      StoreVec(to + j, __builtin_convertvector(__builtin_bit_cast(TwiceInt, both), TwiceBytes));
    }
    for (; j < count; j += kLanes) {
      const Bytes bytes = __builtin_convertvector(requantize(sums + j), Bytes);
      if (count - j >= kLanes) {
        StoreVec(to + j, bytes);
      } else {
        for (size_t c = 0; c < count - j; ++c) to[j + c] = bytes[c];
      }
    }
  }
}

}  // namespace onedge::backends::cpu
