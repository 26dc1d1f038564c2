#include "backends/cpu/half_rows.h"

#include "backends/cpu/processor.h"
#include "ops/math/half_row.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const HalfRows kHalfRowsAvx2;
#elif defined(__aarch64__)
extern const HalfRows kHalfRowsNeon;
#endif

namespace {

constexpr HalfRows kSimd128 = {ops::WidenRow, ops::NarrowRow};

}  // namespace

const HalfRows& Simd128HalfRows() { return kSimd128; }

const HalfRows& SelectHalfRows() {
#if defined(__x86_64__)
  if (HasAvx2()) return kHalfRowsAvx2;
#elif defined(__aarch64__)
  return kHalfRowsNeon;
#endif
  return kSimd128;
}

}  // namespace onedge::backends::cpu
