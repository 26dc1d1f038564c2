#include "backends/cpu/gemm_s8_tile.h"

namespace onedge::backends::cpu {
namespace {

// Sums of two products have 16 bits.
struct Avx2Dot : Avx2 {
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    const __m256i pairs = _mm256_maddubs_epi16((__m256i)column, (__m256i)row);
    return sum + (Int)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  }
};

}  // namespace

extern const GemmS8Kernels kGemmS8Avx2;
constinit const GemmS8Kernels kGemmS8Avx2 =
    MakeGemmS8ByteKernels<Avx2Dot, 2, Avx2, true, true>("avx2 bytes 6x16", std::make_index_sequence<6>());

extern const GemmS8Kernels kGemmS8Avx2Pairs;
constinit const GemmS8Kernels kGemmS8Avx2Pairs =
    MakeGemmS8Kernels<Avx2, 2, true>("avx2 pairs 6x16", std::make_index_sequence<6>());

}  // namespace onedge::backends::cpu
