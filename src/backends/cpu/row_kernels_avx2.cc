#include "backends/cpu/row_kernels_body.h"

namespace onedge::backends::cpu {

extern const RowKernels kRowKernelsAvx2Fused;
extern const RowKernels kRowKernelsAvx2;

constinit const RowKernels kRowKernelsAvx2Fused = MakeRowKernels<Avx2, Avx2Fused>();
constinit const RowKernels kRowKernelsAvx2 = MakeRowKernels<Avx2, Avx2>();

}  // namespace onedge::backends::cpu
