// The 8-bit kernels for tests: those of this processor, and kernels of kind 4 whose dot product of bytes is emulated,
// so that their tiles and packing are tested on processors without the instruction. Only the instruction itself is not.
#pragma once

#include <utility>
#include <vector>

#include "backends/cpu/gemm_s8_tile.h"
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

template <size_t kWidth, typename IntVec, bool kSaturates, bool kUnsignedColumns>
constexpr GemmS8Kernels Emulate(std::string_view name) {
  return MakeGemmS8ByteKernels<EmulatedDot<kWidth, IntVec, kSaturates, kUnsignedColumns>, 2, Simd128, kSaturates,
                               kUnsignedColumns>(name, std::make_index_sequence<6>());
}

inline std::vector<const GemmS8Kernels*> KernelsForTests() {
  using ops::lanes::I32x16;
  using ops::lanes::I32x4;
  using ops::lanes::I32x8;
  static constexpr GemmS8Kernels kEmulated[] = {
      Emulate<4, I32x4, false, true>("emulated 6x8"),         Emulate<4, I32x4, true, true>("emulated saturating 6x8"),
      Emulate<4, I32x4, false, false>("emulated signed 6x8"), Emulate<8, I32x8, false, true>("emulated 6x16"),
      Emulate<16, I32x16, false, true>("emulated 6x32"),
  };
  std::vector<const GemmS8Kernels*> all;
  for (const GemmS8Kernels* kernels : AllGemmS8()) all.push_back(kernels);
  for (const GemmS8Kernels& kernels : kEmulated) all.push_back(&kernels);
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
