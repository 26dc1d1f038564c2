// Instruction sets as tags, so that one template serves 128-bit vectors (WebAssembly, SSE, NEON) and 256-bit AVX2.
// Everything here is forced inline and the tags are part of every template's name, so code compiled for AVX2 never runs
// on other processors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/math/transcendental.h"

#if defined(__wasm__)
#include <wasm_simd128.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif

#define ONEDGE_ALWAYS_INLINE inline __attribute__((always_inline))

namespace onedge::backends::cpu {

// Vec holds kLanes floats, Int as many int32s. Pair is two Vecs, for chains of dependent operations. MulAdd is a * b
// + c; the unfused ones give the same bits on every host. DotPairs: a and b as 2 * kLanes int16s, their products added
// in pairs to int32s (which overflow only if all four are -32768). WidenPairs: kLanes pairs of int8s from memory as
// int16s, in the order that AddDots needs. AddDots: sum plus the dot products of these pairs with the pair that is in
// every lane of `row`. AnyBit: v is not zero.
struct Simd128 {
  static constexpr size_t kLanes = 4;
  using Vec = ops::F32x4;
  using Pair = ops::F32x8;
  using Int = ops::lanes::I32x4;
  static ONEDGE_ALWAYS_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return a * b + c; }
#if defined(__wasm__)
  static ONEDGE_ALWAYS_INLINE Int DotPairs(Int a, Int b) { return (Int)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b); }
  static ONEDGE_ALWAYS_INLINE bool AnyBit(Int v) { return wasm_v128_any_true((v128_t)v); }
  static ONEDGE_ALWAYS_INLINE Int WidenPairs(const int8_t* from) { return (Int)wasm_i16x8_load8x8(from); }
#elif defined(__aarch64__)
  static ONEDGE_ALWAYS_INLINE bool AnyBit(Int v) { return vmaxvq_u32((uint32x4_t)v) != 0; }
  static ONEDGE_ALWAYS_INLINE Int DotPairs(Int a, Int b) {
    const int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
    return (Int)vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
  }
  // The first halves of the pairs, then the second ones: two multiply-adds of four products each.
  static ONEDGE_ALWAYS_INLINE Int WidenPairs(const int8_t* from) {
    const int32x4_t pairs = (int32x4_t)vmovl_s8(vld1_s8(from));
    return (Int)vshrn_high_n_s32(vmovn_s32(pairs), pairs, 16);
  }
  static ONEDGE_ALWAYS_INLINE Int AddDots(Int sum, Int row, Int pairs) {
    const int16x4_t both = vget_low_s16((int16x8_t)row);
    const int16x8_t columns = (int16x8_t)pairs;
    sum = (Int)vmlal_lane_s16((int32x4_t)sum, vget_low_s16(columns), both, 0);
    return (Int)vmlal_high_lane_s16((int32x4_t)sum, columns, both, 1);
  }
#else
  static ONEDGE_ALWAYS_INLINE Int DotPairs(Int a, Int b) { return (Int)_mm_madd_epi16((__m128i)a, (__m128i)b); }
  static ONEDGE_ALWAYS_INLINE bool AnyBit(Int v) {
    return _mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)v, _mm_setzero_si128())) != 0xffff;
  }
  static ONEDGE_ALWAYS_INLINE Int WidenPairs(const int8_t* from) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    return (Int)_mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  }
#endif
#if !defined(__aarch64__)
  static ONEDGE_ALWAYS_INLINE Int AddDots(Int sum, Int row, Int pairs) { return sum + DotPairs(row, pairs); }
#endif
};

#if defined(ONEDGE_RELAXED_SIMD)
// Fused if the processor fuses: every x86-64 with FMA and every Arm.
struct Simd128Relaxed : Simd128 {
  static ONEDGE_ALWAYS_INLINE Vec MulAdd(Vec a, Vec b, Vec c) {
    return (Vec)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c);
  }
};
#endif

#if defined(__aarch64__)
struct NeonFused : Simd128 {
  static ONEDGE_ALWAYS_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return (Vec)vfmaq_f32((float32x4_t)c, a, b); }
};
#endif

#if defined(__AVX2__)
struct Avx2 {
  static constexpr size_t kLanes = 8;
  using Vec = ops::F32x8;
  using Pair = ops::F32x16;
  using Int = ops::lanes::I32x8;
  static ONEDGE_ALWAYS_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return a * b + c; }
  static ONEDGE_ALWAYS_INLINE Int DotPairs(Int a, Int b) { return (Int)_mm256_madd_epi16((__m256i)a, (__m256i)b); }
  static ONEDGE_ALWAYS_INLINE bool AnyBit(Int v) { return _mm256_testz_si256((__m256i)v, (__m256i)v) == 0; }
  static ONEDGE_ALWAYS_INLINE Int WidenPairs(const int8_t* from) {
    return (Int)_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static ONEDGE_ALWAYS_INLINE Int AddDots(Int sum, Int row, Int pairs) { return sum + DotPairs(row, pairs); }
};
struct Avx2Fused : Avx2 {
  static ONEDGE_ALWAYS_INLINE Vec MulAdd(Vec a, Vec b, Vec c) {
    return (Vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  }
};
#endif

// Vectors at any address.
template <typename V>
ONEDGE_ALWAYS_INLINE V LoadVec(const void* from) {
  V v;
  __builtin_memcpy(&v, from, sizeof(V));
  return v;
}
template <typename V>
ONEDGE_ALWAYS_INLINE void StoreVec(void* to, V v) {
  __builtin_memcpy(to, &v, sizeof(V));
}
// One value in every lane. Subtracting 0 changes no float and is compiled away; adding it would change -0 and is not.
template <typename V, typename T>
ONEDGE_ALWAYS_INLINE V SplatVec(T value) {
  return value - V{};
}

}  // namespace onedge::backends::cpu
