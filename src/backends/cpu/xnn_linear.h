// f32 products with constant weights by XNNPACK, for processors on which it is ahead of our tiles (linear.cc).
#pragma once

#include "backends/cpu/lowering.h"

namespace onedge::backends::cpu {

// AVX-512, which our tiles do not use: 254 and 133 GFLOP/s for 128 x 384 x 1536 on Zen 5, one thread.
inline bool PrefersXnnProducts() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

// Linear, MatMul and Gemm on any processor; null for nodes that it does not take.
Lowered LowerXnnLinear(LowerContext& ctx);

}  // namespace onedge::backends::cpu
