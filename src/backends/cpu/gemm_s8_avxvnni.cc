#include "backends/cpu/gemm_s8_tile.h"

namespace onedge::backends::cpu {
namespace {

struct AvxVnni : Avx2 {  // a tag of its own: nothing of this file may run on other processors
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    return (Int)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)column, (__m256i)row);
  }
};

}  // namespace

extern const GemmS8Kernels kGemmS8AvxVnni;
constinit const GemmS8Kernels kGemmS8AvxVnni =
    MakeGemmS8ByteKernels<AvxVnni, 2, AvxVnni, false, true>("avx-vnni 6x16", std::make_index_sequence<6>());

}  // namespace onedge::backends::cpu
