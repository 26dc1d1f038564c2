#include "backends/cpu/nbits_rows.h"

#include "backends/cpu/nbits_rows_body.h"
#include "backends/cpu/processor.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const NBitsRows kNBitsRowsAvx2Fused;
extern const NBitsRows kNBitsRowsAvx2;
#endif

namespace {

#if defined(__aarch64__)
constexpr NBitsRows kSimd128 = MakeNBitsRows<Simd128, Simd128, 4>();
constexpr NBitsRows kNeonFused = MakeNBitsRows<Simd128, NeonFused, 4>();
#else
constexpr NBitsRows kSimd128 = MakeNBitsRows<Simd128, Simd128, 2>();
#endif

}  // namespace

const NBitsRows& Simd128NBitsRows() { return kSimd128; }

const NBitsRows& SelectNBitsRows([[maybe_unused]] bool exact) {
#if defined(__x86_64__)
  if (HasAvx2()) return exact ? kNBitsRowsAvx2 : kNBitsRowsAvx2Fused;
#elif defined(__aarch64__)
  if (!exact) return kNeonFused;
#endif
  return kSimd128;
}

}  // namespace onedge::backends::cpu
