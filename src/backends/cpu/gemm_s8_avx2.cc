#include "backends/cpu/gemm_s8_tile.h"

namespace onedge::backends::cpu {

extern const GemmS8Kernels kGemmS8Avx2;
constinit const GemmS8Kernels kGemmS8Avx2 =
    MakeGemmS8Kernels<Avx2, 2, true>("avx2 6x16", std::make_index_sequence<6>());

}  // namespace onedge::backends::cpu
