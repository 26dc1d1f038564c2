// The register tile of the 8-bit products, for any vector width; included by the file of each instruction set.
#pragma once

#include <utility>

#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/simd.h"

namespace onedge::backends::cpu {

template <class Simd, size_t kRows, size_t kVecs>
void GemmS8Tile(size_t pairs, const int32_t* a, const int8_t* b, int32_t* c, size_t c_stride, bool accumulate) {
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
    for (size_t j = 0; j < kVecs; ++j) columns[j] = Simd::WidenInt8(b + j * 2 * kLanes);
    for (size_t i = 0; i < kRows; ++i) {
      const Int row = SplatVec<Int>(a[i]);
      for (size_t j = 0; j < kVecs; ++j) sums[i][j] += Simd::DotPairs(row, columns[j]);
    }
    a += kRows;
    b += kVecs * kLanes * 2;
  }
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kVecs; ++j) StoreVec(c + i * c_stride + j * kLanes, sums[i][j]);
  }
}

template <class Simd, size_t kVecs, Activation kActivation>
ONEDGE_ALWAYS_INLINE void DequantizeWith(size_t rows, int32_t* c, size_t c_stride, size_t column, const Dequantization& d) {
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  for (size_t j = 0; j < kVecs; ++j) {
    const Vec scale = LoadVec<Vec>(d.weight_scale + column + j * Simd::kLanes) * d.x_scale;
    const Vec bias = d.bias ? LoadVec<Vec>(d.bias + column + j * Simd::kLanes) : Vec{};
    for (size_t i = 0; i < rows; ++i) {
      int32_t* at = c + i * c_stride + j * Simd::kLanes;
      Vec y = __builtin_convertvector(LoadVec<Int>(at), Vec) * scale;
      if (d.bias) y += bias;
      StoreVec(at, Activate(kActivation, y));
    }
  }
}

template <class Simd, size_t kVecs>
void DequantizeTile(size_t rows, int32_t* c, size_t c_stride, size_t column, const Dequantization& d) {
  switch (d.activation) {
#define ONEDGE_CASE(name) \
  case Activation::name: return DequantizeWith<Simd, kVecs, Activation::name>(rows, c, c_stride, column, d)
    ONEDGE_CASE(kNone);
    ONEDGE_CASE(kRelu);
    ONEDGE_CASE(kGelu);
    ONEDGE_CASE(kGeluTanh);
    ONEDGE_CASE(kTanh);
    ONEDGE_CASE(kSigmoid);
#undef ONEDGE_CASE
  }
}

// ops::RoundQuotient, a vector at a time.
template <class Simd>
ONEDGE_ALWAYS_INLINE typename Simd::Int QuantizeVec(typename Simd::Vec x, float scale, float low, float high) {
  using Vec = typename Simd::Vec;
  Vec quotient = x / scale;
  quotient = quotient > low ? quotient : SplatVec<Vec>(low);
  quotient = quotient < high ? quotient : SplatVec<Vec>(high);
  // After the sum the integer stands in the low bits of the mantissa.
  return (typename Simd::Int)(quotient + 12582912.0f) - 0x4b400000;
}

template <class Simd, size_t kTileRows>
void PackQuantized(size_t begin, size_t end, size_t k, const float* x, ops::DynamicQuantization quantization, int32_t* out) {
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  constexpr size_t kLanes = Simd::kLanes;
  const size_t half = (k + 1) / 2;
  const float low = -static_cast<float>(quantization.zero_point);
  const float high = 255.0f - static_cast<float>(quantization.zero_point);
  const float scale = quantization.scale;
  for (size_t i = begin; i < end; i += kTileRows) {
    const size_t rows = end - i < kTileRows ? end - i : kTileRows;
    int32_t* tile = out + i * half;
    for (size_t r = 0; r < rows; ++r) {
      const float* row = x + (i + r) * k;
      size_t p = 0;
      for (; p + kLanes <= k - half; p += kLanes) {
        const Int first = QuantizeVec<Simd>(LoadVec<Vec>(row + p), scale, low, high);
        const Int second = QuantizeVec<Simd>(LoadVec<Vec>(row + half + p), scale, low, high);
        const Int pairs = (first & 0xffff) | (second << 16);
        for (size_t lane = 0; lane < kLanes; ++lane) tile[(p + lane) * rows + r] = pairs[lane];
      }
      for (; p < half; ++p) {
        const Int first = QuantizeVec<Simd>(SplatVec<Vec>(row[p]), scale, low, high);
        const Int second = half + p < k ? QuantizeVec<Simd>(SplatVec<Vec>(row[half + p]), scale, low, high) : Int{};
        const Int pairs = (first & 0xffff) | (second << 16);
        tile[p * rows + r] = pairs[0];
      }
    }
  }
}

template <class Simd, size_t kVecs, size_t... kIndex>
constexpr GemmS8Kernels MakeGemmS8Kernels(std::string_view name, std::index_sequence<kIndex...>) {
  return {name,
          sizeof...(kIndex),
          kVecs * Simd::kLanes,
          {GemmS8Tile<Simd, kIndex + 1, kVecs>...},
          DequantizeTile<Simd, kVecs>,
          PackQuantized<Simd, sizeof...(kIndex)>};
}

}  // namespace onedge::backends::cpu
