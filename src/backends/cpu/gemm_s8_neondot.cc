#include "backends/cpu/gemm_s8_tile.h"

namespace onedge::backends::cpu {
namespace {

struct NeonDot : Simd128 {  // a tag of its own: nothing of this file may run on other processors
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    return (Int)vdotq_s32((int32x4_t)sum, (int8x16_t)row, (int8x16_t)column);
  }
};

}  // namespace

extern const GemmS8Kernels kGemmS8NeonDot;
constinit const GemmS8Kernels kGemmS8NeonDot =
    MakeGemmS8ByteKernels<NeonDot, 4, NeonDot, false, false>("neon dot 6x16", std::make_index_sequence<6>());

}  // namespace onedge::backends::cpu
