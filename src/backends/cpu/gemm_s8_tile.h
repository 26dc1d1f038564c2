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
  static ONEDGE_ALWAYS_INLINE typename S::Int Columns(const int8_t* from) { return S::WidenPairs(from); }
  static ONEDGE_ALWAYS_INLINE typename S::Int MulAdd(typename S::Int sum, typename S::Int row, typename S::Int column) {
    return S::AddDots(sum, row, column);
  }
};
// Groups: four int8s in a row, four bytes in a column. S::DotBytes(sum, row, column).
template <class S>
struct Quads {
  using Simd = S;
  static constexpr size_t kDepths = 4;
  static ONEDGE_ALWAYS_INLINE typename S::Int Columns(const int8_t* from) { return LoadVec<typename S::Int>(from); }
  static ONEDGE_ALWAYS_INLINE typename S::Int MulAdd(typename S::Int sum, typename S::Int row, typename S::Int column) {
    return S::DotBytes(sum, row, column);
  }
};

template <class Product, size_t kRows, size_t kVecs, bool kDirectRows>
void GemmS8Tile(size_t groups, const int32_t* a, size_t a_stride, const int8_t* b, int32_t* c, size_t c_stride,
                bool accumulate, [[maybe_unused]] const GemmS8Kernels::Excess& excess) {
  using Int = typename Product::Simd::Int;
  constexpr size_t kLanes = Product::Simd::kLanes;
  constexpr size_t kDepths = Product::kDepths;
  // The results of a wide product are in no near cache: they come while the tile is computed.
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
  if constexpr (kDepths == 4) {
    for (size_t e = 0; e < excess.count; ++e) {
      const ExcessStep& step = excess.steps[e];
      const int8_t* from = excess.panel + step.group * (kVecs * kLanes * kDepths);
      Int columns[kVecs];
      for (size_t j = 0; j < kVecs; ++j) columns[j] = Product::Columns(from + j * kDepths * kLanes);
      for (size_t i = 0; i < kRows; ++i) {
        const Int row = SplatVec<Int>(step.rows[i]);
        for (size_t j = 0; j < kVecs; ++j) sums[i][j] = Product::MulAdd(sums[i][j], row, columns[j]);
      }
    }
  }
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kVecs; ++j) StoreVec(c + i * c_stride + j * kLanes, sums[i][j]);
  }
}

template <class Simd, size_t kVecs, ops::Activation::Kind kKind>
ONEDGE_ALWAYS_INLINE void DequantizeWith(size_t rows, int32_t* c, size_t c_stride, size_t column, size_t row,
                                         const Dequantization& d, const SumOffsets& offsets) {
  static_assert(ops::Activation::FollowsInt8(kKind));
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  for (size_t j = 0; j < kVecs; ++j) {
    const Vec scale = LoadVec<Vec>(d.weight_scale + column + j * Simd::kLanes) * d.x_scale;
    const Int offset = offsets.columns ? LoadVec<Int>(offsets.columns + column + j * Simd::kLanes) : Int{};
    const Vec bias = d.bias ? LoadVec<Vec>(d.bias + column + j * Simd::kLanes) : Vec{};
    for (size_t i = 0; i < rows; ++i) {
      int32_t* at = c + i * c_stride + j * Simd::kLanes;
      const Int sum = LoadVec<Int>(at) + offset + (offsets.rows ? offsets.rows[row + i] : 0);
      Vec y = __builtin_convertvector(sum, Vec) * scale;
      if (d.bias) y += bias;
      StoreVec(at, ops::lanes::Activate(ops::Activation(kKind), y));
    }
  }
}

template <class Simd, size_t kVecs>
void DequantizeTile(size_t rows, int32_t* c, size_t c_stride, size_t column, size_t row, const Dequantization& d,
                    const SumOffsets& offsets) {
  using Kind = ops::Activation;
  switch (d.activation.kind) {
#define ONEDGE_CASE(kind) \
  case Kind::kind:        \
    return DequantizeWith<Simd, kVecs, Kind::kind>(rows, c, c_stride, column, row, d, offsets)
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

// Rows of groups of four int8s: round(x / scale) + zero point - centre. A missing depth is 0.
template <class Simd, bool kLimited>
void PackQuantizedBytes(size_t begin, size_t end, size_t k, const float* x, ops::DynamicQuantization quantization,
                        const PackedBytes& packed) {
  using Vec = typename Simd::Vec;
  using Int = typename Simd::Int;
  constexpr size_t kLanes = Simd::kLanes;
  const size_t h = packed.groups;
  const float low = -static_cast<float>(quantization.zero_point);
  const float high = 255.0f - static_cast<float>(quantization.zero_point);
  const int32_t shift = quantization.zero_point - packed.centre;
  const size_t whole = k > 3 * h ? k - 3 * h : 0;  // groups with four depths
  for (size_t i = begin; i < end; ++i) {
    const float* row = x + i * k;
    int32_t* to = packed.rows + i * h;
    ExcessRow<Simd> excess(packed, i, kLimited);
    Int sums{};
    size_t p = 0;
    for (; p + kLanes <= whole; p += kLanes) {
      Int values[4], bytes{};
      for (size_t d = 0; d < 4; ++d) {
        values[d] = QuantizeVec<Simd>(LoadVec<Vec>(row + d * h + p), quantization.scale, low, high) + shift;
        sums += values[d];
        bytes |= (values[d] & 0xff) << static_cast<int>(8 * d);
      }
      StoreVec(to + p, bytes);
      if constexpr (kLimited) {
        // Of the same sign and in 8 bits if neither they nor their sum exceed 8 bits.
        Int exceeds{};
        for (const Int& v : {values[0], values[1], values[2], values[3]}) exceeds |= (v > 127) | (v < -128);
        for (const Int& v : {values[0] + values[1], values[2] + values[3]}) exceeds |= (v > 128) | (v < -128);
        if (!Simd::AnyBit(exceeds)) continue;
        for (size_t lane = 0; lane < kLanes; ++lane) {
          if (exceeds[lane])
            to[p + lane] = excess.Pack(p + lane, {values[0][lane], values[1][lane], values[2][lane], values[3][lane]});
        }
      }
    }
    uint32_t sum = 0;
    for (size_t lane = 0; lane < kLanes; ++lane) sum += static_cast<uint32_t>(sums[lane]);
    for (; p < h; ++p) {
      int32_t values[4] = {};
      for (size_t d = 0; d < 4 && d * h + p < k; ++d) {
        values[d] = QuantizeVec<Simd>(SplatVec<Vec>(row[d * h + p]), quantization.scale, low, high)[0] + shift;
        sum += static_cast<uint32_t>(values[d]);
      }
      to[p] = excess.Pack(p, values);
    }
    packed.sums[i] = static_cast<int32_t>(sum);
  }
}

template <class Simd, size_t kVecs, bool kDirectRows, size_t... kIndex>
constexpr GemmS8Kernels MakeGemmS8Kernels(std::string_view name, std::index_sequence<kIndex...>) {
  return {.name = name,
          .depths = 2,
          .limited = false,
          .unsigned_columns = false,
          .rows = sizeof...(kIndex),
          .columns = kVecs * Simd::kLanes,
          .direct_rows = kDirectRows,
          .tiles = {GemmS8Tile<Pairs<Simd>, kIndex + 1, kVecs, kDirectRows>...},
          .dequantize = DequantizeTile<Simd, kVecs>,
          .pack_quantized = PackQuantized<Simd, sizeof...(kIndex), kDirectRows>,
          .requantize = RequantizeTile<Simd>,
          .pack_windows = PackWindows<Simd, 2, 1, kVecs * Simd::kLanes>,
          .depthwise = DepthwiseS8<Simd>};
}

// Kind 4. `Dot` has DotBytes; `Simd` does all else.
template <class Dot, size_t kVecs, class Simd, bool kLimited, bool kUnsignedColumns, size_t... kIndex>
constexpr GemmS8Kernels MakeGemmS8ByteKernels(std::string_view name, std::index_sequence<kIndex...>) {
  constexpr size_t kColumns = kVecs * Dot::kLanes;
  return {.name = name,
          .depths = 4,
          .limited = kLimited,
          .unsigned_columns = kUnsignedColumns,
          .rows = sizeof...(kIndex),
          .columns = kColumns,
          .direct_rows = true,
          .tiles = {GemmS8Tile<Quads<Dot>, kIndex + 1, kVecs, true>...},
          .dequantize = DequantizeTile<Simd, kColumns / Simd::kLanes>,
          .pack_quantized = PackQuantizedBytes<Simd, kLimited>,
          .requantize = RequantizeTile<Simd>,
          .pack_windows = PackWindows<Simd, 4, 1, kColumns>,
          .depthwise = nullptr};
}

}  // namespace onedge::backends::cpu
