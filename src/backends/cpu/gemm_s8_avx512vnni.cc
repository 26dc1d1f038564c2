#include "backends/cpu/gemm_s8_tile.h"

namespace onedge::backends::cpu {
namespace {

// Tags of their own: nothing of this file may run on other processors.
struct Avx512Vnni {
  static constexpr size_t kLanes = 16;
  using Int = ops::lanes::I32x16;
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    return (Int)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)column, (__m512i)row);
  }
};
struct Avx512Rest : Avx2 {};

}  // namespace

extern const GemmS8Kernels kGemmS8Avx512Vnni;
constinit const GemmS8Kernels kGemmS8Avx512Vnni =
    MakeGemmS8ByteKernels<Avx512Vnni, 2, Avx512Rest, false, true>("avx512-vnni 6x32", std::make_index_sequence<6>());

}  // namespace onedge::backends::cpu
