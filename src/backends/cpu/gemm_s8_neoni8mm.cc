#include "backends/cpu/gemm_s8_block_tile.h"

namespace onedge::backends::cpu {
namespace {

struct NeonI8mm : Simd128 {  // a tag of its own: nothing of this file may run on other processors
  static ONEDGE_ALWAYS_INLINE Int MulAdd(Int sums, Int rows, Int columns) {
    return (Int)vmmlaq_s32((int32x4_t)sums, (int8x16_t)rows, (int8x16_t)columns);
  }
};

}  // namespace

extern const GemmS8Kernels kGemmS8NeonI8mm;
constinit const GemmS8Kernels kGemmS8NeonI8mm =
    MakeGemmS8BlockKernels<NeonI8mm, 4, NeonI8mm, false>("neon i8mm 6x16", std::make_index_sequence<6>());

}  // namespace onedge::backends::cpu
