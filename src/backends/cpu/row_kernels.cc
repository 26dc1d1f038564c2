#include "backends/cpu/row_kernels.h"

#include "backends/cpu/processor.h"
#include "backends/cpu/row_kernels_body.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const RowKernels kRowKernelsAvx2Fused;
extern const RowKernels kRowKernelsAvx2;
#endif

const RowKernels& Simd128RowKernels() {
  static constexpr RowKernels kernels = MakeRowKernels<Simd128, Simd128>();
  return kernels;
}

const RowKernels& SelectRowKernels([[maybe_unused]] bool exact) {
#if defined(__x86_64__)
  if (HasAvx2()) return exact ? kRowKernelsAvx2 : kRowKernelsAvx2Fused;
#elif defined(ONEDGE_RELAXED_SIMD)
  static constexpr RowKernels relaxed = MakeRowKernels<Simd128, Simd128Relaxed>();
  if (!exact) return relaxed;
#elif defined(__aarch64__)
  static constexpr RowKernels fused = MakeRowKernels<Simd128, NeonFused>();
  if (!exact) return fused;
#endif
  return Simd128RowKernels();
}

}  // namespace onedge::backends::cpu
