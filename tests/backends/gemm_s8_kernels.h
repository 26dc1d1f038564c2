// The 8-bit kernels for tests: those of this processor, and kernels of kind 4 whose dot product of bytes is emulated,
// so that their tiles and packing are tested on processors without the instruction. Only the instruction itself is not.
// aarch64 has no emulated ones: qemu has every instruction, and would emulate the emulation.
#pragma once

#include <utility>
#include <vector>

#include "backends/cpu/gemm_s8_block_tile.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {

// `kSaturates`: sums of two products saturate at 16 bits (AVX2).
template <size_t kWidth, typename IntVec, bool kSaturates, bool kUnsignedColumns>
struct EmulatedDot {
  static constexpr size_t kLanes = kWidth;
  using Int = IntVec;
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    const auto extend = [](Int bytes, int e) { return (bytes << (24 - 8 * e)) >> 24; };
    for (int d = 0; d < 4; d += 2) {
      Int pair{};
      for (int e = d; e < d + 2; ++e) pair += extend(row, e) * (extend(column, e) & (kUnsignedColumns ? 0xff : ~0));
      if (kSaturates) {
        pair = pair < 32767 ? pair : Int{} + 32767;
        pair = pair > -32768 ? pair : Int{} - 32768;
      }
      sum += pair;
    }
    return sum;
  }
};

// The product of two rows by two columns.
struct EmulatedBlock {
  using Int = ops::lanes::I32x4;
  static ONEDGE_ALWAYS_INLINE Int MulAdd(Int sums, Int rows, Int columns) {
    for (int i = 0; i < 4; ++i) {
      for (int d = 0; d < 8; ++d) {
        const auto byte = [d](Int v, int from) {
          return static_cast<int8_t>(static_cast<uint32_t>(v[2 * from + d / 4]) >> (8 * (d % 4)));
        };
        sums[i] += byte(rows, i / 2) * byte(columns, i % 2);
      }
    }
    return sums;
  }
};

template <size_t kWidth, typename IntVec, bool kSaturates, bool kUnsignedColumns>
constexpr GemmS8Kernels Emulate(std::string_view name) {
  return MakeGemmS8ByteKernels<EmulatedDot<kWidth, IntVec, kSaturates, kUnsignedColumns>, 2, Simd128, kSaturates,
                               kUnsignedColumns>(name, std::make_index_sequence<6>());
}

inline std::vector<const GemmS8Kernels*> KernelsForTests() {
  std::vector<const GemmS8Kernels*> all;
  for (const GemmS8Kernels* kernels : AllGemmS8()) all.push_back(kernels);
#if !defined(__aarch64__)
  using ops::lanes::I32x16;
  using ops::lanes::I32x4;
  using ops::lanes::I32x8;
  static constexpr GemmS8Kernels kEmulated[] = {
      Emulate<4, I32x4, false, true>("emulated 6x8"),
      Emulate<4, I32x4, true, true>("emulated saturating 6x8"),
      Emulate<4, I32x4, false, false>("emulated signed 6x8"),
      Emulate<8, I32x8, false, true>("emulated 6x16"),
      Emulate<16, I32x16, false, true>("emulated 6x32"),
#if !defined(__wasm__)  // its kernels have groups_together 1
      MakeGemmS8BlockKernels<EmulatedBlock, 4, Simd128, false>("emulated blocks 6x16", std::make_index_sequence<6>()),
#endif
  };
  for (const GemmS8Kernels& kernels : kEmulated) all.push_back(&kernels);
#endif
  return all;
}

template <typename T>
void ExpectEqual(const Tensor& got, const Tensor& expected) {
  ASSERT_EQ(got.ToString(), expected.ToString());
  for (int64_t i = 0; i < got.element_count(); ++i) {
    ASSERT_EQ(int64_t{got.data<T>()[i]}, int64_t{expected.data<T>()[i]}) << "element " << i;
  }
}
inline void ExpectEqualIntegers(const Tensor& got, const Tensor& expected) {
  ASSERT_EQ(got.dtype(), expected.dtype());
  if (got.dtype() == DType::kInt32) ExpectEqual<int32_t>(got, expected);
  if (got.dtype() == DType::kInt8) ExpectEqual<int8_t>(got, expected);
  if (got.dtype() == DType::kUint8) ExpectEqual<uint8_t>(got, expected);
}

}  // namespace onedge::backends::cpu
