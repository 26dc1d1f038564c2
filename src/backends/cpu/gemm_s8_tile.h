// The register tile of the 8-bit products, for any vector width; included by the file of each instruction set.
#pragma once

#include <utility>

#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/requantize_tile.h"
#include "backends/cpu/simd.h"
#include "backends/cpu/window_tile.h"
#include "base/check.h"
#include "ops/math/activate.h"

namespace onedge::backends::cpu {

template <class Simd, size_t kRows, size_t kVecs, bool kDirectRows>
void GemmS8Tile(size_t pairs, const int32_t* a, size_t a_stride, const int8_t* b, int32_t* c, size_t c_stride,
                bool accumulate) {
  using Int = typename Simd::Int;
  constexpr size_t kLanes = Simd::kLanes;
  Int sums[kRows][kVecs];
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kVecs; ++j) sums[i][j] = accumulate ? LoadVec<Int>(c + i * c_stride + j * kLanes) : Int{};
  }
#if defined(__wasm__)
#pragma clang loop unroll(disable)
#endif
  for (size_t p = 0; p < pairs; ++p) {
    Int columns[kVecs];
    for (size_t j = 0; j < kVecs; ++j) columns[j] = Simd::WidenPairs(b + j * 2 * kLanes);
    for (size_t i = 0; i < kRows; ++i) {
      const Int row = SplatVec<Int>(kDirectRows ? a[i * a_stride] : a[i]);
      for (size_t j = 0; j < kVecs; ++j) sums[i][j] = Simd::AddDots(sums[i][j], row, columns[j]);
    }
    a += kDirectRows ? 1 : kRows;
    b += kVecs * kLanes * 2;
  }
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kVecs; ++j) StoreVec(c + i * c_stride + j * kLanes, sums[i][j]);
  }
}

template <class Simd, size_t kVecs, ops::Activation::Kind kKind>
ONEDGE_ALWAYS_INLINE void DequantizeWith(size_t rows, int32_t* c, size_t c_stride, size_t column,
                                         const Dequantization& d) {
  static_assert(ops::Activation::FollowsInt8(kKind));
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  for (size_t j = 0; j < kVecs; ++j) {
    const Vec scale = LoadVec<Vec>(d.weight_scale + column + j * Simd::kLanes) * d.x_scale;
    const Vec bias = d.bias ? LoadVec<Vec>(d.bias + column + j * Simd::kLanes) : Vec{};
    for (size_t i = 0; i < rows; ++i) {
      int32_t* at = c + i * c_stride + j * Simd::kLanes;
      Vec y = __builtin_convertvector(LoadVec<Int>(at), Vec) * scale;
      if (d.bias) y += bias;
      StoreVec(at, ops::lanes::Activate(ops::Activation(kKind), y));
    }
  }
}

template <class Simd, size_t kVecs>
void DequantizeTile(size_t rows, int32_t* c, size_t c_stride, size_t column, const Dequantization& d) {
  using Kind = ops::Activation;
  switch (d.activation.kind) {
#define ONEDGE_CASE(kind) \
  case Kind::kind:        \
    return DequantizeWith<Simd, kVecs, Kind::kind>(rows, c, c_stride, column, d)
    ONEDGE_CASE(kNone);
    ONEDGE_CASE(kRelu);
    ONEDGE_CASE(kGelu);
    ONEDGE_CASE(kGeluTanh);
    ONEDGE_CASE(kTanh);
    ONEDGE_CASE(kSigmoid);
#undef ONEDGE_CASE
    // LowerDynamicQuantizedLinear leaves these to the portable operator.
    case Kind::kLeakyRelu:
    case Kind::kClip:
    case Kind::kHardSigmoid:
    case Kind::kHardSwish:
    case Kind::kSwish:
      break;
  }
  ONEDGE_DCHECK(d.activation.FollowsInt8());
}

// ops::RoundQuotient for a vector.
template <class Simd>
ONEDGE_ALWAYS_INLINE typename Simd::Int QuantizeVec(typename Simd::Vec x, float scale, float low, float high) {
  using Vec = typename Simd::Vec;
  Vec quotient = x / scale;
  quotient = quotient > low ? quotient : SplatVec<Vec>(low);
  quotient = quotient < high ? quotient : SplatVec<Vec>(high);
  // After the addition the low bits of the mantissa hold the integer.
  return (typename Simd::Int)(quotient + 12582912.0f) - 0x4b400000;
}

template <class Simd>
struct Quantizer {
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  float scale, low, high;
  size_t half;

  // The pairs that start at depths p, p + 1, ... of a row. All their partners exist.
  ONEDGE_ALWAYS_INLINE Int Pairs(const float* row, size_t p) const {
    const Int first = QuantizeVec<Simd>(LoadVec<Vec>(row + p), scale, low, high);
    const Int second = QuantizeVec<Simd>(LoadVec<Vec>(row + half + p), scale, low, high);
    return (first & 0xffff) | (second << 16);
  }
  // One pair; its partner may be missing.
  ONEDGE_ALWAYS_INLINE int32_t Pair(const float* row, size_t p, size_t k) const {
    const Int first = QuantizeVec<Simd>(SplatVec<Vec>(row[p]), scale, low, high);
    const Int second = half + p < k ? QuantizeVec<Simd>(SplatVec<Vec>(row[half + p]), scale, low, high) : Int{};
    return ((first & 0xffff) | (second << 16))[0];
  }
};

template <class Simd, size_t kTileRows, bool kDirectRows>
void PackQuantized(size_t begin, size_t end, size_t k, const float* x, ops::DynamicQuantization quantization,
                   int32_t* out) {
  constexpr size_t kLanes = Simd::kLanes;
  const size_t half = (k + 1) / 2;
  const Quantizer<Simd> quantizer = {quantization.scale, -static_cast<float>(quantization.zero_point),
                                     255.0f - static_cast<float>(quantization.zero_point), half};
  constexpr size_t kStep = kDirectRows ? 1 : kTileRows;
  for (size_t i = begin; i < end; i += kStep) {
    const size_t rows = end - i < kStep ? end - i : kStep;
    const float* from = x + i * k;
    int32_t* to = out + i * half;
    size_t p = 0;
    if constexpr (kDirectRows) {
      for (; p + kLanes <= k - half; p += kLanes) StoreVec(to + p, quantizer.Pairs(from, p));
    } else if (rows == 4) {
      static_assert(kTileRows == 4 && kLanes == 4);
      for (; p + 4 <= k - half; p += 4) {
        using Int = typename Simd::Int;
        const Int r0 = quantizer.Pairs(from, p), r1 = quantizer.Pairs(from + k, p);
        const Int r2 = quantizer.Pairs(from + 2 * k, p), r3 = quantizer.Pairs(from + 3 * k, p);
        const Int low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5),
                  high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
        const Int low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5),
                  high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
        StoreVec(to + p * 4, __builtin_shufflevector(low01, low23, 0, 1, 4, 5));
        StoreVec(to + p * 4 + 4, __builtin_shufflevector(low01, low23, 2, 3, 6, 7));
        StoreVec(to + p * 4 + 8, __builtin_shufflevector(high01, high23, 0, 1, 4, 5));
        StoreVec(to + p * 4 + 12, __builtin_shufflevector(high01, high23, 2, 3, 6, 7));
      }
    }
    for (; p < half; ++p) {
      for (size_t r = 0; r < rows; ++r) to[p * rows + r] = quantizer.Pair(from + r * k, p, k);
    }
  }
}

template <class Simd, size_t kVecs, bool kDirectRows, size_t... kIndex>
constexpr GemmS8Kernels MakeGemmS8Kernels(std::string_view name, std::index_sequence<kIndex...>) {
  return {name,
          sizeof...(kIndex),
          kVecs * Simd::kLanes,
          kDirectRows,
          {GemmS8Tile<Simd, kIndex + 1, kVecs, kDirectRows>...},
          DequantizeTile<Simd, kVecs>,
          PackQuantized<Simd, sizeof...(kIndex), kDirectRows>,
          RequantizeTile<Simd>,
          PackWindows<kVecs * Simd::kLanes>,
          DepthwiseS8<Simd>};
}

}  // namespace onedge::backends::cpu
