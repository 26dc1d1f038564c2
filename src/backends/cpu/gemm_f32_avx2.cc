// The f32 register tile for AVX2 and FMA: 6 x 16, which leaves room for a row value and two vectors of b in 16
// registers.
#include <utility>

#include "backends/cpu/gemm_f32_tile.h"

namespace onedge::backends::cpu {

extern const GemmF32Kernels kGemmF32Avx2Fused;
extern const GemmF32Kernels kGemmF32Avx2;

constinit const GemmF32Kernels kGemmF32Avx2Fused =
    MakeGemmF32Kernels<Avx2Fused, Avx2, 2, true>("avx2-fma 6x16", std::make_index_sequence<6>());
constinit const GemmF32Kernels kGemmF32Avx2 =
    MakeGemmF32Kernels<Avx2, Avx2, 2, true>("avx2 6x16", std::make_index_sequence<6>());

}  // namespace onedge::backends::cpu
