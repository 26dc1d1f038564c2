#include "backends/cpu/row_kernels.h"

#include "backends/cpu/processor.h"
#include "backends/cpu/row_kernels_body.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const RowKernels kRowKernelsAvx2;
#endif

const RowKernels& Simd128RowKernels() {
  static constexpr RowKernels kernels = MakeRowKernels<Simd128>();
  return kernels;
}

const RowKernels& SelectRowKernels() {
#if defined(__x86_64__)
  if (HasAvx2()) return kRowKernelsAvx2;
#endif
  return Simd128RowKernels();
}

}  // namespace onedge::backends::cpu
