// The kernels of the 8-bit products for each instruction set, and their choice.
#include "backends/cpu/gemm_s8_tile.h"
#include "backends/cpu/processor.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const GemmS8Kernels kGemmS8Avx2;
extern const GemmS8Kernels kGemmS8Avx2Pairs;
extern const GemmS8Kernels kGemmS8AvxVnni;
extern const GemmS8Kernels kGemmS8Avx512Vnni;
#elif defined(__aarch64__)
extern const GemmS8Kernels kGemmS8NeonI8mm;
extern const GemmS8Kernels kGemmS8NeonDot;
#endif

namespace {

#if defined(__aarch64__)  // 32 registers
constexpr GemmS8Kernels kSimd128 = MakeGemmS8Kernels<Simd128, 4, false>("neon 4x16", std::make_index_sequence<4>());
#else
constexpr GemmS8Kernels kSimd128 = MakeGemmS8Kernels<Simd128, 2, false>("simd128 4x8", std::make_index_sequence<4>());
#endif

#if defined(ONEDGE_RELAXED_SIMD)
// WebAssembly defines 7 bits of the second operand of its relaxed dot products. The host chooses how it takes all 8: as
// uint8 on x86, as int8 on Arm; and whether sums of two products saturate: on x86 without VNNI.
struct RelaxedDot32 : Simd128 {
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    return (Int)wasm_i32x4_relaxed_dot_i8x16_i7x16_add((v128_t)row, (v128_t)column, (v128_t)sum);
  }
};
// The same in the instructions that x86 needs without VNNI.
struct RelaxedDot16 : Simd128 {
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    const v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16((v128_t)row, (v128_t)column);
    return sum + (Int)wasm_i32x4_dot_i16x8(pairs, wasm_i16x8_const_splat(1));
  }
};
constexpr auto kSixRows = std::make_index_sequence<6>();
constexpr GemmS8Kernels kRelaxedUnsigned =
    MakeGemmS8ByteKernels<RelaxedDot32, 2, Simd128, false, true>("relaxed u8 6x8", kSixRows);
constexpr GemmS8Kernels kRelaxedSigned =
    MakeGemmS8ByteKernels<RelaxedDot32, 2, Simd128, false, false>("relaxed s8 6x8", kSixRows);
constexpr GemmS8Kernels kRelaxedSaturating = MakeGemmS8ByteKernels<RelaxedDot16, 2, Simd128, true, true>(
    "relaxed saturating 5x8", std::make_index_sequence<5>());

// True if the kernels' dot product is exact for all operands that they give it: extremes of both signs, for every
// kind of pair. The volatile operands keep the compiler from computing the result itself.
template <class Dot>
bool IsExact(const GemmS8Kernels& kernels) {
  static constexpr int32_t kRows[][2] = {{127, 1},    {-128, 0}, {64, 64},   {-64, -64},
                                         {127, -128}, {-1, 127}, {127, 127}, {-128, -128}};
  for (const auto& pair : kRows) {
    if (kernels.limited && (pair[0] + pair[1] > 128 || pair[0] + pair[1] < -128)) continue;
    for (uint32_t first : {0u, 1u, 127u, 128u, 255u}) {
      for (uint32_t second : {0u, 127u, 128u, 255u}) {
        volatile uint32_t row = (static_cast<uint32_t>(pair[0]) & 0xff) * 0x00010001u +
                                (static_cast<uint32_t>(pair[1]) & 0xff) * 0x01000100u;
        volatile uint32_t column = first * 0x00010001u + second * 0x01000100u;
        const auto sums =
            Dot::DotBytes(SplatVec<ops::lanes::I32x4>(12345), SplatVec<ops::lanes::I32x4>(static_cast<int32_t>(row)),
                          SplatVec<ops::lanes::I32x4>(static_cast<int32_t>(column)));
        const auto value = [&](uint32_t byte) {
          return static_cast<int32_t>(byte) - (kernels.unsigned_columns || byte < 128 ? 0 : 256);
        };
        const int32_t expected = 12345 + 2 * (pair[0] * value(first) + pair[1] * value(second));
        if (sums[0] != expected || sums[3] != expected) return false;
      }
    }
  }
  return true;
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
#elif defined(__aarch64__)
  if (HasNeonI8mm()) all.push_back(&kGemmS8NeonI8mm);
  if (HasNeonDot()) all.push_back(&kGemmS8NeonDot);
#endif
#if defined(ONEDGE_RELAXED_SIMD)
  if (IsExact<RelaxedDot32>(kRelaxedUnsigned)) all.push_back(&kRelaxedUnsigned);
  if (IsExact<RelaxedDot32>(kRelaxedSigned)) all.push_back(&kRelaxedSigned);
  if (IsExact<RelaxedDot16>(kRelaxedSaturating)) all.push_back(&kRelaxedSaturating);
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
