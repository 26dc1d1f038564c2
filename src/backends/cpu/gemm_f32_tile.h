// The register tile of the f32 matrix products, for any vector width; included by the file of each instruction set.
#pragma once

#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/simd.h"

namespace onedge::backends::cpu {

// kRows x (kVecs * lanes). V8 keeps one of the 16 registers. Fused, 6 rows x 2 vectors just fit (97 % of the speed of
// multiplications alone); unfused, a product needs one register more, and 5 x 2 is the fastest (9 % ahead of 4 x 2; 6 x
// 2 spills). LLVM must not unroll: V8 does, and its loads of an unrolled loop come too early and spill.
template <class Simd, size_t kRows, size_t kVecs, bool kDirectRows>
void GemmF32Tile(size_t k, const float* a, size_t a_stride, const float* b, size_t b_stride, float* c, size_t c_stride,
                 bool accumulate) {
  using Vec = typename Simd::Vec;
  constexpr size_t kLanes = Simd::kLanes;
  Vec sums[kRows][kVecs];
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kVecs; ++j) sums[i][j] = accumulate ? LoadVec<Vec>(c + i * c_stride + j * kLanes) : Vec{};
  }
  // The rows from the fourth on have a pointer of their own: three strides are within the reach of one address.
  const float* far = kRows > 3 ? a + 3 * a_stride : a;
  const auto step = [&](size_t p) __attribute__((always_inline)) {
    Vec columns[kVecs];
    for (size_t j = 0; j < kVecs; ++j) columns[j] = LoadVec<Vec>(b + j * kLanes);
    b += b_stride;
    for (size_t i = 0; i < kRows; ++i) {
      const float* at = !kDirectRows ? a + p * kRows + i : i < 3 ? a + i * a_stride + p : far + (i - 3) * a_stride + p;
      const Vec row = SplatVec<Vec>(*at);
      for (size_t j = 0; j < kVecs; ++j) sums[i][j] = Simd::MulAdd(row, columns[j], sums[i][j]);
    }
  };
  const auto advance = [&](size_t steps) __attribute__((always_inline)) {
    a += kDirectRows ? steps : steps * kRows;
    far += steps;
  };
#if defined(__wasm__)
#pragma clang loop unroll(disable)
  for (size_t p = 0; p < k; ++p) {
    step(0);
    advance(1);
  }
#else
  // Four steps in turn leave room in the processor's front end, which another thread of the core may share.
  for (; k >= 4; k -= 4) {
    for (size_t p = 0; p < 4; ++p) step(p);
    advance(4);
    if constexpr (kDirectRows) asm("" : "+r"(a), "+r"(far));  // two pointers, not one and offsets
  }
#pragma clang loop unroll(disable)
  for (; k > 0; --k) {
    step(0);
    advance(1);
  }
#endif
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kVecs; ++j) StoreVec(c + i * c_stride + j * kLanes, sums[i][j]);
  }
}

// The same from zero for kPanels panels of b, panel_stride apart, side by side in c: few rows leave too few sums in one
// panel to hide the latency of an addition, and memory is read faster in several streams.
template <class Simd, size_t kRows, size_t kVecs, size_t kPanels, bool kDirectRows>
void GemmF32WideTile(size_t k, const float* a, size_t a_stride, const float* b, size_t b_stride, size_t panel_stride,
                     float* c, size_t c_stride) {
  using Vec = typename Simd::Vec;
  constexpr size_t kLanes = Simd::kLanes;
  // Far enough ahead for memory, and of no use in WebAssembly.
  constexpr size_t kAhead = 512;
  const float* panels[kPanels];
  for (size_t q = 0; q < kPanels; ++q) panels[q] = b + q * panel_stride;
  Vec sums[kRows][kPanels][kVecs] = {};
  const auto splat = [&](size_t i)
                         __attribute__((always_inline)) { return SplatVec<Vec>(kDirectRows ? a[i * a_stride] : a[i]); };
#if defined(__wasm__)
#pragma clang loop unroll(disable)
#endif
  for (size_t p = 0; p < k; ++p) {
    if constexpr (kPanels == 1) {
      __builtin_prefetch(panels[0] + kAhead, 0, 3);
      Vec columns[kVecs];
      for (size_t j = 0; j < kVecs; ++j) columns[j] = LoadVec<Vec>(panels[0] + j * kLanes);
      for (size_t i = 0; i < kRows; ++i) {
        const Vec row = splat(i);
        for (size_t j = 0; j < kVecs; ++j) sums[i][0][j] = Simd::MulAdd(row, columns[j], sums[i][0][j]);
      }
    } else {
      Vec rows[kRows];
      for (size_t i = 0; i < kRows; ++i) rows[i] = splat(i);
      for (size_t q = 0; q < kPanels; ++q) {
        __builtin_prefetch(panels[q] + kAhead, 0, 3);
        for (size_t j = 0; j < kVecs; ++j) {
          const Vec column = LoadVec<Vec>(panels[q] + j * kLanes);
          for (size_t i = 0; i < kRows; ++i) sums[i][q][j] = Simd::MulAdd(rows[i], column, sums[i][q][j]);
        }
      }
    }
    for (size_t q = 0; q < kPanels; ++q) panels[q] += b_stride;
    a += kDirectRows ? 1 : kRows;
  }
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t q = 0; q < kPanels; ++q) {
      for (size_t j = 0; j < kVecs; ++j) StoreVec(c + i * c_stride + (q * kVecs + j) * kLanes, sums[i][q][j]);
    }
  }
}

template <class Simd, size_t kVecs, ops::Activation::Kind kKind>
ONEDGE_ALWAYS_INLINE void GemmF32FinishWith(size_t rows, float* c, size_t c_stride, const float* column_bias,
                                            const float* row_bias, ops::Activation activation) {
  using Vec = typename Simd::Pair;
  static_assert(kVecs % 2 == 0);
  activation.kind = kKind;  // a constant for the compiler
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < kVecs; j += 2) {
      float* at = c + i * c_stride + j * Simd::kLanes;
      Vec x = LoadVec<Vec>(at);
      if (column_bias) x += LoadVec<Vec>(column_bias + j * Simd::kLanes);
      if (row_bias) x += row_bias[i];
      StoreVec(at, ops::lanes::Activate(activation, x));
    }
  }
}

template <class Simd, size_t kVecs>
void GemmF32Finish(size_t rows, float* c, size_t c_stride, const float* column_bias, const float* row_bias,
                   const ops::Activation& activation) {
  using Kind = ops::Activation;
  switch (activation.kind) {
#define ONEDGE_CASE(kind) \
  case Kind::kind:        \
    return GemmF32FinishWith<Simd, kVecs, Kind::kind>(rows, c, c_stride, column_bias, row_bias, activation)
    ONEDGE_CASE(kNone);
    ONEDGE_CASE(kRelu);
    ONEDGE_CASE(kGelu);
    ONEDGE_CASE(kGeluTanh);
    ONEDGE_CASE(kTanh);
    ONEDGE_CASE(kSigmoid);
    ONEDGE_CASE(kLeakyRelu);
    ONEDGE_CASE(kClip);
    ONEDGE_CASE(kHardSigmoid);
    ONEDGE_CASE(kHardSwish);
    ONEDGE_CASE(kSwish);
#undef ONEDGE_CASE
  }
}

// As many panels as the registers have room for; V8 has one register less.
template <class Simd, size_t kRows, size_t kVecs, bool kDirectRows>
constexpr GemmF32Kernels::WideTile MakeWideTile() {
  constexpr size_t kPanels = kRows == 1 ? 4 : kRows == 2 || (kRows == 3 && kDirectRows) ? 2 : 1;
  return {kPanels, GemmF32WideTile<Simd, kRows, kVecs, kPanels, kDirectRows>};
}

// `Exact` has the width of Simd and no fused operations: activations have the same bits on every host in any mode.
template <class Simd, class Exact, size_t kVecs, bool kDirectRows, size_t... kIndex>
constexpr GemmF32Kernels MakeGemmF32Kernels(std::string_view name, std::index_sequence<kIndex...>) {
  return {name,
          sizeof...(kIndex),
          kVecs * Simd::kLanes,
          kDirectRows,
          {GemmF32Tile<Simd, kIndex + 1, kVecs, kDirectRows>...},
          {MakeWideTile<Simd, kIndex + 1, kVecs, kDirectRows>()...},
          GemmF32Finish<Exact, kVecs>};
}

}  // namespace onedge::backends::cpu
