// The kernels for weights of few bits, for any vector width; included by the file of each instruction set.
#pragma once

#include <algorithm>

#include "backends/cpu/nbits_rows.h"
#include "backends/cpu/simd.h"

namespace onedge::backends::cpu {

template <class Simd>
ONEDGE_ALWAYS_INLINE typename Simd::Int NBitsWiden(const uint8_t* from) {
  typedef uint8_t Bytes __attribute__((vector_size(Simd::kLanes)));
  return __builtin_convertvector(LoadVec<Bytes>(from), typename Simd::Int);
}

// Scales and zero points of a block of a panel, and a reader of its codes.
template <class Simd, size_t kVecs, size_t kBits>
struct NBitsBlock {
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  static constexpr size_t kLanes = Simd::kLanes;
  Vec scale[kVecs];
  Vec zero[kVecs];

  ONEDGE_ALWAYS_INLINE NBitsBlock(const NBitsPanels& w, size_t panel, size_t block) {
    const size_t at = (panel * w.blocks() + block) * (kVecs * kLanes);
    for (size_t j = 0; j < kVecs; ++j) {
      scale[j] = LoadVec<Vec>(w.scales + at + j * kLanes);
      zero[j] = w.zero_floats  ? LoadVec<Vec>(w.zero_floats + at + j * kLanes)
                : w.zero_bytes ? __builtin_convertvector(NBitsWiden<Simd>(w.zero_bytes + at + j * kLanes), Vec)
                               : SplatVec<Vec>(static_cast<float>(1 << (kBits - 1)));
    }
  }
  // Step `step` of the bytes of vector j.
  ONEDGE_ALWAYS_INLINE Vec Weight(Int bytes, size_t step, size_t j) const {
    const Int codes = bytes >> static_cast<int32_t>(step * kBits) & ((1 << kBits) - 1);
    return (__builtin_convertvector(codes, Vec) - zero[j]) * scale[j];
  }
};

template <class Simd, size_t kVecs, size_t kBits>
void NBitsDequantizeWith(const NBitsPanels& w, size_t panel, size_t k0, size_t depth, float* to) {
  constexpr size_t kLanes = Simd::kLanes, kColumns = kVecs * kLanes, kSteps = 8 / kBits;
  const uint8_t* codes = w.codes + (panel * w.byte_rows() + k0 / kSteps) * kColumns;
  for (size_t k = k0; k < k0 + depth;) {
    const NBitsBlock<Simd, kVecs, kBits> block(w, panel, k / w.block_size);
    const size_t end = std::min(k0 + depth, (k / w.block_size + 1) * w.block_size);
    for (; k < end; k += kSteps, codes += kColumns, to += kSteps * kColumns) {
      for (size_t j = 0; j < kVecs; ++j) {
        const auto bytes = NBitsWiden<Simd>(codes + j * kLanes);
        for (size_t step = 0; step < kSteps; ++step) {
          StoreVec(to + step * kColumns + j * kLanes, block.Weight(bytes, step, j));
        }
      }
    }
  }
}

template <class Simd, size_t kVecs>
void NBitsDequantize(const NBitsPanels& w, size_t panel, size_t k0, size_t depth, float* to) {
  if (w.bits == 2) return NBitsDequantizeWith<Simd, kVecs, 2>(w, panel, k0, depth, to);
  if (w.bits == 4) return NBitsDequantizeWith<Simd, kVecs, 4>(w, panel, k0, depth, to);
  NBitsDequantizeWith<Simd, kVecs, 8>(w, panel, k0, depth, to);
}

#if !defined(__wasm__)
// Few rows: each weight is used kRows times, in a register.
template <class Simd, size_t kVecs, size_t kRows, size_t kPanels, size_t kBits>
void NBitsMultiplyWith(const NBitsPanels& w, size_t panel, const float* x, float* y) {
  using Vec = typename Simd::Vec;
  constexpr size_t kLanes = Simd::kLanes, kColumns = kVecs * kLanes, kSteps = 8 / kBits;
  const uint8_t* codes[kPanels];
  size_t index[kPanels];
  for (size_t q = 0; q < kPanels; ++q) {
    index[q] = std::min(panel + q, w.panels - 1);
    codes[q] = w.codes + index[q] * w.byte_rows() * kColumns;
  }
  Vec sums[kRows][kPanels][kVecs] = {};
  const float* rows[kRows];
  for (size_t r = 0; r < kRows; ++r) rows[r] = x + r * w.k;
  size_t left = w.k;
  for (size_t b = 0; left > 0; ++b) {
    size_t depth = std::min(w.block_size, left);
    left -= depth;
    // Steps [0, steps) of a byte of every column.
    const auto byte = [&](const auto& block, size_t steps) __attribute__((always_inline)) {
      for (size_t q = 0; q < kPanels; ++q) {
        for (size_t j = 0; j < kVecs; ++j) {
          const auto bytes = NBitsWiden<Simd>(codes[q] + j * kLanes);
          for (size_t step = 0; step < steps; ++step) {
            const Vec weight = block[q].Weight(bytes, step, j);
            for (size_t r = 0; r < kRows; ++r) {
              sums[r][q][j] = Simd::MulAdd(SplatVec<Vec>(rows[r][step]), weight, sums[r][q][j]);
            }
#if defined(__x86_64__)
            // Vector after vector: otherwise the compiler mixes them and keeps one of the four sums in memory.
            if constexpr (kRows == 1) asm volatile("" : "+x"(sums[0][q][j]));
#endif
          }
        }
        codes[q] += kColumns;
      }
      for (size_t r = 0; r < kRows; ++r) rows[r] += steps;
    };
    const auto run = [&](const auto& block) __attribute__((always_inline)) {
      for (; depth >= kSteps; depth -= kSteps) byte(block, kSteps);
      if (depth > 0) byte(block, depth);
    };
    using Block = NBitsBlock<Simd, kVecs, kBits>;
    if constexpr (kPanels == 1) {
      const Block block[] = {{w, index[0], b}};
      run(block);
    } else {
      const Block block[] = {{w, index[0], b}, {w, index[1], b}};
      run(block);
    }
  }
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t q = 0; q < kPanels; ++q) {
      for (size_t j = 0; j < kVecs; ++j) StoreVec(y + (r * kPanels + q) * kColumns + j * kLanes, sums[r][q][j]);
    }
  }
}

template <class Simd, size_t kVecs, size_t kRows, size_t kPanels>
void NBitsMultiplyRows(const NBitsPanels& w, size_t panel, const float* x, float* y) {
  if (w.bits == 2) return NBitsMultiplyWith<Simd, kVecs, kRows, kPanels, 2>(w, panel, x, y);
  if (w.bits == 4) return NBitsMultiplyWith<Simd, kVecs, kRows, kPanels, 4>(w, panel, x, y);
  NBitsMultiplyWith<Simd, kVecs, kRows, kPanels, 8>(w, panel, x, y);
}

template <class Simd, size_t kVecs>
void NBitsMultiply(const NBitsPanels& w, size_t m, size_t panel, const float* x, float* y) {
  if (m == 1) return NBitsMultiplyRows<Simd, kVecs, 1, 2>(w, panel, x, y);
  if (m == 2) return NBitsMultiplyRows<Simd, kVecs, 2, 2>(w, panel, x, y);
  if (m == 3) return NBitsMultiplyRows<Simd, kVecs, 3, 1>(w, panel, x, y);
  NBitsMultiplyRows<Simd, kVecs, 4, 1>(w, panel, x, y);
}
#endif

// `Fused` has the width of Simd; its fused operations, if any, are used only for sums.
template <class Simd, class Fused, size_t kVecs>
constexpr NBitsRows MakeNBitsRows() {
#if defined(__wasm__)
  return {NBitsDequantize<Simd, kVecs>, nullptr, {}};
#else
  return {NBitsDequantize<Simd, kVecs>, NBitsMultiply<Fused, kVecs>, {2, 2, 1, 1}};
#endif
}

}  // namespace onedge::backends::cpu
