// The kernels of the 8-bit products for each instruction set, and their choice.
#include "backends/cpu/gemm_s8_tile.h"
#include "backends/cpu/processor.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const GemmS8Kernels kGemmS8Avx2;
extern const GemmS8Kernels kGemmS8Avx2Pairs;
extern const GemmS8Kernels kGemmS8AvxVnni;
extern const GemmS8Kernels kGemmS8Avx512Vnni;
#endif

namespace {

constexpr GemmS8Kernels kSimd128 = MakeGemmS8Kernels<Simd128, 2, false>("simd128 4x8", std::make_index_sequence<4>());

#if defined(ONEDGE_RELAXED_SIMD)
// One instruction for 16 products on hosts that have it: with VNNI, and on Arm. Bytes 0..127 are exact everywhere.
struct RelaxedDot32 : Simd128 {
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    return (Int)wasm_i32x4_relaxed_dot_i8x16_i7x16_add((v128_t)column, (v128_t)row, (v128_t)sum);
  }
};
// The same in the three instructions that other x86 processors need.
struct RelaxedDot16 : Simd128 {
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    return sum + (Int)wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_relaxed_dot_i8x16_i7x16((v128_t)column, (v128_t)row));
  }
};
constexpr GemmS8Kernels kRelaxedDot32 =
    MakeGemmS8ByteKernels<RelaxedDot32, 2, Simd128, 127>("relaxed 32-bit 6x8", std::make_index_sequence<6>());
constexpr GemmS8Kernels kRelaxedDot16 =
    MakeGemmS8ByteKernels<RelaxedDot16, 2, Simd128, 127>("relaxed 16-bit 6x8", std::make_index_sequence<6>());

// True where sums of two products saturate at 16 bits: the host has no instruction for four. A matter of speed only.
// The volatile operand keeps the compiler from computing the result itself.
bool SaturatesPairs() {
  volatile int8_t most = -1;  // 255 as uint8
  const v128_t sums = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_i8x16_splat(127), wasm_i8x16_splat(most), wasm_i32x4_splat(0));
  return wasm_i32x4_extract_lane(sums, 0) == 2 * 32767;
}
#endif

}  // namespace

InlineVector<const GemmS8Kernels*, 6> AllGemmS8() {
  InlineVector<const GemmS8Kernels*, 6> all;
#if defined(__x86_64__)
  if (HasAvx512Vnni()) all.push_back(&kGemmS8Avx512Vnni);
  if (HasAvxVnni()) all.push_back(&kGemmS8AvxVnni);
  if (HasAvx2()) {
    all.push_back(&kGemmS8Avx2);
    all.push_back(&kGemmS8Avx2Pairs);
  }
#endif
#if defined(ONEDGE_RELAXED_SIMD)
  const bool saturates = SaturatesPairs();
  all.push_back(saturates ? &kRelaxedDot16 : &kRelaxedDot32);
  all.push_back(saturates ? &kRelaxedDot32 : &kRelaxedDot16);
#endif
  all.push_back(&kSimd128);
  return all;
}

const GemmS8Kernels& SelectGemmS8Pairs() {
#if defined(__x86_64__)
  if (HasAvx2()) return kGemmS8Avx2Pairs;
#endif
  return kSimd128;
}

}  // namespace onedge::backends::cpu
