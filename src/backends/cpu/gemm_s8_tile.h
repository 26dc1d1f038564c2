// The register tile of the 8-bit products, for any vector width; included by the file of each instruction set.
#pragma once

#include <utility>

#include "backends/cpu/excess_row.h"
#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/requantize_tile.h"
#include "backends/cpu/simd.h"
#include "backends/cpu/window_tile.h"
#include "base/check.h"
#include "ops/math/activate.h"

namespace onedge::backends::cpu {

// How the tile multiplies. Pairs: two int16s in a row, two int8s in a column.
template <class S>
struct Pairs {
  using Simd = S;
  static constexpr size_t kDepths = 2;
  static ONEDGE_ALWAYS_INLINE typename S::Int Columns(const int8_t* from) { return S::WidenInt8(from); }
  static ONEDGE_ALWAYS_INLINE typename S::Int MulAdd(typename S::Int sum, typename S::Int row,
                                                     typename S::Int column) {
    return sum + S::DotPairs(row, column);
  }
};
// Groups: four bytes 0..most in a row, four int8s in a column. S::DotBytes(sum, row, column).
template <class S>
struct Quads {
  using Simd = S;
  static constexpr size_t kDepths = 4;
  static ONEDGE_ALWAYS_INLINE typename S::Int Columns(const int8_t* from) { return LoadVec<typename S::Int>(from); }
  static ONEDGE_ALWAYS_INLINE typename S::Int MulAdd(typename S::Int sum, typename S::Int row,
                                                     typename S::Int column) {
    return S::DotBytes(sum, row, column);
  }
};

template <class Product, size_t kRows, size_t kVecs, bool kDirectRows>
void GemmS8Tile(size_t groups, const int32_t* a, size_t a_stride, const int8_t* b, int32_t* c, size_t c_stride,
                bool accumulate) {
  using Int = typename Product::Simd::Int;
  constexpr size_t kLanes = Product::Simd::kLanes;
  constexpr size_t kDepths = Product::kDepths;
  // The results of a wide product are not in the nearest caches: fetched while the tile is computed.
  for (size_t i = 0; i < kRows; ++i) __builtin_prefetch(c + i * c_stride, 1);
  Int sums[kRows][kVecs];
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kVecs; ++j) sums[i][j] = accumulate ? LoadVec<Int>(c + i * c_stride + j * kLanes) : Int{};
  }
#if defined(__wasm__)
#pragma clang loop unroll(disable)
#endif
  for (size_t p = 0; p < groups; ++p) {
    Int columns[kVecs];
    for (size_t j = 0; j < kVecs; ++j) columns[j] = Product::Columns(b + j * kDepths * kLanes);
    for (size_t i = 0; i < kRows; ++i) {
      const Int row = SplatVec<Int>(kDirectRows ? a[i * a_stride] : a[i]);
      for (size_t j = 0; j < kVecs; ++j) sums[i][j] = Product::MulAdd(sums[i][j], row, columns[j]);
    }
    a += kDirectRows ? 1 : kRows;
    b += kVecs * kLanes * kDepths;
  }
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kVecs; ++j) StoreVec(c + i * c_stride + j * kLanes, sums[i][j]);
  }
}

template <class Dot, size_t kVecs>
void AddExcess(size_t rows, size_t h, size_t first, const PackedBytes& packed, const int8_t* b, int32_t* c,
               size_t c_stride) {
  using Int = typename Dot::Int;
  constexpr size_t kLanes = Dot::kLanes;
  for (size_t i = 0; i < rows; ++i) {
    const RowExcess excess = packed.excess[first + i];
    if (excess.added + excess.subtracted == 0) continue;
    const ExcessGroup* groups = packed.groups + (first + i) * 2 * h;
    Int added[kVecs]{}, subtracted[kVecs]{};
    const auto multiply = [&](ExcessGroup group, Int* sums) __attribute__((always_inline)) {
      const Int row = SplatVec<Int>(group.bytes);
      const int8_t* column = b + group.group * kVecs * kLanes * 4;
      for (size_t j = 0; j < kVecs; ++j) sums[j] = Dot::DotBytes(sums[j], row, LoadVec<Int>(column + j * 4 * kLanes));
    };
    for (size_t e = 0; e < excess.added; ++e) multiply(groups[e], added);
    for (size_t e = 1; e <= excess.subtracted; ++e) multiply(groups[2 * h - e], subtracted);
    for (size_t j = 0; j < kVecs; ++j) {
      int32_t* at = c + i * c_stride + j * kLanes;
      StoreVec(at, LoadVec<Int>(at) + added[j] - subtracted[j]);
    }
  }
}

template <class Simd, size_t kVecs, ops::Activation::Kind kKind>
ONEDGE_ALWAYS_INLINE void DequantizeWith(size_t rows, int32_t* c, size_t c_stride, size_t column,
                                         const Dequantization& d, const int32_t* offsets) {
  static_assert(ops::Activation::FollowsInt8(kKind));
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  for (size_t j = 0; j < kVecs; ++j) {
    const Vec scale = LoadVec<Vec>(d.weight_scale + column + j * Simd::kLanes) * d.x_scale;
    const Int offset = offsets ? LoadVec<Int>(offsets + column + j * Simd::kLanes) : Int{};
    const Vec bias = d.bias ? LoadVec<Vec>(d.bias + column + j * Simd::kLanes) : Vec{};
    for (size_t i = 0; i < rows; ++i) {
      int32_t* at = c + i * c_stride + j * Simd::kLanes;
      Vec y = __builtin_convertvector(LoadVec<Int>(at) + offset, Vec) * scale;
      if (d.bias) y += bias;
      StoreVec(at, ops::lanes::Activate(ops::Activation(kKind), y));
    }
  }
}

template <class Simd, size_t kVecs>
void DequantizeTile(size_t rows, int32_t* c, size_t c_stride, size_t column, const Dequantization& d,
                    const int32_t* offsets) {
  using Kind = ops::Activation;
  switch (d.activation.kind) {
#define ONEDGE_CASE(kind) \
  case Kind::kind:        \
    return DequantizeWith<Simd, kVecs, Kind::kind>(rows, c, c_stride, column, d, offsets)
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
                   const PackedBytes& packed) {
  constexpr size_t kLanes = Simd::kLanes;
  const size_t half = (k + 1) / 2;
  const Quantizer<Simd> quantizer = {quantization.scale, -static_cast<float>(quantization.zero_point),
                                     255.0f - static_cast<float>(quantization.zero_point), half};
  constexpr size_t kStep = kDirectRows ? 1 : kTileRows;
  for (size_t i = begin; i < end; i += kStep) {
    const size_t rows = end - i < kStep ? end - i : kStep;
    const float* from = x + i * k;
    int32_t* to = packed.rows + i * half;
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

// Rows of groups of four bytes: round(x / scale) + zero point - low, within 0..most, and the excess.
template <class Simd, bool kHasExcess>
void PackQuantizedBytes(size_t begin, size_t end, size_t k, const float* x, ops::DynamicQuantization quantization,
                        const PackedBytes& packed) {
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  constexpr size_t kLanes = Simd::kLanes;
  const size_t h = (k + 3) / 4;
  const float lowest = -static_cast<float>(quantization.zero_point);
  const float highest = 255.0f - static_cast<float>(quantization.zero_point);
  const int32_t shift = quantization.zero_point - packed.low;
  const size_t whole = k > 3 * h ? k - 3 * h : 0;  // groups with four depths
  for (size_t i = begin; i < end; ++i) {
    const float* row = x + i * k;
    ExcessRow excess(packed, i, h);
    size_t p = 0;
    const auto pack = [&](const Int (&quantized)[4], size_t count) __attribute__((always_inline)) {
      Int bytes{}, missing[4], any{};
      for (size_t d = 0; d < 4; ++d) {
        Int value = quantized[d] + shift;
        if constexpr (kHasExcess) {
          Int inside = value > 0 ? value : Int{};
          inside = inside < 127 ? inside : SplatVec<Int>(127);
          missing[d] = value - inside;
          any |= missing[d];
          value = inside;
        }
        bytes |= value << static_cast<int>(8 * d);
      }
      if (count == kLanes) StoreVec(packed.rows + i * h + p, bytes);
      else packed.rows[i * h + p] = bytes[0];
      if constexpr (kHasExcess) {
        if (!Simd::AnyBit(any)) return;
        for (size_t lane = 0; lane < count; ++lane) {
          if (any[lane] == 0) continue;
          excess.Add(p + lane, {missing[0][lane], missing[1][lane], missing[2][lane], missing[3][lane]});
        }
      }
    };
    for (; p + kLanes <= whole; p += kLanes) {
      Int quantized[4];
      for (size_t d = 0; d < 4; ++d)
        quantized[d] = QuantizeVec<Simd>(LoadVec<Vec>(row + d * h + p), quantization.scale, lowest, highest);
      pack(quantized, kLanes);
    }
    for (; p < h; ++p) {
      Int quantized[4];
      for (size_t d = 0; d < 4; ++d) {
        quantized[d] = d * h + p < k
                           ? QuantizeVec<Simd>(SplatVec<Vec>(row[d * h + p]), quantization.scale, lowest, highest)
                           : SplatVec<Int>(-shift);  // becomes 0
      }
      pack(quantized, 1);
    }
  }
}

template <class Simd, size_t kVecs, bool kDirectRows, size_t... kIndex>
constexpr GemmS8Kernels MakeGemmS8Kernels(std::string_view name, std::index_sequence<kIndex...>) {
  return {.name = name,
          .depths = 2,
          .most = 0,
          .rows = sizeof...(kIndex),
          .columns = kVecs * Simd::kLanes,
          .direct_rows = kDirectRows,
          .tiles = {GemmS8Tile<Pairs<Simd>, kIndex + 1, kVecs, kDirectRows>...},
          .add_excess = nullptr,
          .dequantize = DequantizeTile<Simd, kVecs>,
          .pack_quantized = PackQuantized<Simd, sizeof...(kIndex), kDirectRows>,
          .requantize = RequantizeTile<Simd>,
          .pack_windows = PackWindows<kVecs * Simd::kLanes>,
          .depthwise = DepthwiseS8<Simd>};
}

// Kind 4. `Dot` has DotBytes, exact for rows of bytes 0..kMost; `Simd` does all else.
template <class Dot, size_t kVecs, class Simd, int32_t kMost, size_t... kIndex>
constexpr GemmS8Kernels MakeGemmS8ByteKernels(std::string_view name, std::index_sequence<kIndex...>) {
  static_assert(kMost == 127 || kMost == 255);
  constexpr size_t kColumns = kVecs * Dot::kLanes;
  GemmS8Kernels kernels = {.name = name,
                           .depths = 4,
                           .most = kMost,
                           .rows = sizeof...(kIndex),
                           .columns = kColumns,
                           .direct_rows = true,
                           .tiles = {GemmS8Tile<Quads<Dot>, kIndex + 1, kVecs, true>...},
                           .add_excess = nullptr,
                           .dequantize = DequantizeTile<Simd, kColumns / Simd::kLanes>,
                           .pack_quantized = PackQuantizedBytes<Simd, kMost == 127>,
                           .requantize = nullptr,
                           .pack_windows = nullptr,
                           .depthwise = nullptr};
  if constexpr (kMost == 127) kernels.add_excess = AddExcess<Dot, kVecs>;
  return kernels;
}

}  // namespace onedge::backends::cpu
