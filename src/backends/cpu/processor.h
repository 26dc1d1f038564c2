// The features of the processor.
#pragma once

namespace onedge::backends::cpu {

// AVX2, FMA and F16C: the instruction sets of the files named *_avx2.cc.
inline bool HasAvx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#else
  return false;
#endif
}

}  // namespace onedge::backends::cpu
