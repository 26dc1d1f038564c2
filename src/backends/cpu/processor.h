// The features of the processor.
#pragma once

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace onedge::backends::cpu {

// AVX2, FMA and F16C: the instruction sets of the files named *_avx2.cc.
inline bool HasAvx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#else
  return false;
#endif
}

// The dot products of four bytes: AVX-512 VNNI with 512-bit vectors, and AVX-VNNI with 256-bit vectors.
inline bool HasAvx512Vnni() {
#if defined(__x86_64__)
  return HasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}
inline bool HasAvxVnni() {
#if defined(__x86_64__)
  return HasAvx2() && __builtin_cpu_supports("avxvnni");
#else
  return false;
#endif
}

// The products of 8-bit matrices of Armv8.6 (I8MM).
inline bool HasNeonI8mm() {
#if defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
#elif defined(__aarch64__) && defined(__ARM_FEATURE_MATMUL_INT8)
  return true;
#else
  return false;
#endif
}

// The dot product of Armv8.2.
inline bool HasNeonDot() {
#if defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)
  return true;
#else
  return false;
#endif
}

}  // namespace onedge::backends::cpu
