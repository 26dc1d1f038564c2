// The row kernels for any vector width; included by the file of each instruction set.
#pragma once

#include <algorithm>

#include "backends/cpu/row_kernels.h"
#include "backends/cpu/simd.h"
#include "ops/math/activate.h"

namespace onedge::backends::cpu {

template <class Simd>
void ScaledMaskedSoftmax(float* x, size_t count, float scale, const float* mask, size_t mask_stride) {
  using Vec = typename Simd::Vec;
  constexpr size_t kLanes = Simd::kLanes;
  constexpr float kLowest = -__builtin_inff();
  const size_t padded = (count + kRowPadding - 1) / kRowPadding * kRowPadding;
  // Padding of -infinity adds nothing to the sum.
  for (size_t i = count; i < padded; ++i) x[i] = kLowest;
  const float constant_mask = mask && mask_stride == 0 ? mask[0] : 0.0f;
  Vec highest = SplatVec<Vec>(kLowest);
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Vec v = LoadVec<Vec>(x + i) * scale;
    if (mask) v += mask_stride == 0 ? SplatVec<Vec>(constant_mask) : LoadVec<Vec>(mask + i);
    StoreVec(x + i, v);
    highest = v > highest ? v : highest;
  }
  for (; i < count; ++i) {
    x[i] = x[i] * scale;
    if (mask) x[i] = x[i] + mask[i * mask_stride];
    highest = SplatVec<Vec>(x[i]) > highest ? SplatVec<Vec>(x[i]) : highest;
  }
  float row_highest = kLowest;
  for (size_t lane = 0; lane < kLanes; ++lane) row_highest = highest[lane] > row_highest ? highest[lane] : row_highest;
  // ops::LaneSum's order: eight lanes, then in pairs.
  constexpr size_t kVecs = 8 / kLanes;
  Vec sums[kVecs] = {};
  for (i = 0; i < padded; i += 8) {
    for (size_t j = 0; j < kVecs; ++j) {
      const Vec e = ops::lanes::Exp(LoadVec<Vec>(x + i + j * kLanes) - row_highest);
      StoreVec(x + i + j * kLanes, e);
      sums[j] += e;
    }
  }
  float l[8];
  for (size_t j = 0; j < kVecs; ++j) StoreVec(l + j * kLanes, sums[j]);
  const float sum = ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
  for (i = 0; i < padded; i += kLanes) StoreVec(x + i, LoadVec<Vec>(x + i) / sum);
}

template <class Simd, size_t kVecs>
ONEDGE_ALWAYS_INLINE void DepthwiseBlock(const float* x, const size_t* offsets, const float* weights, size_t taps,
                                         float bias, float* y) {
  using Vec = typename Simd::Vec;
  Vec sums[kVecs] = {};
  for (size_t t = 0; t < taps; ++t) {
    const Vec weight = SplatVec<Vec>(weights[t]);
    const float* from = x + offsets[t];
    for (size_t j = 0; j < kVecs; ++j) sums[j] = Simd::MulAdd(weight, LoadVec<Vec>(from + j * Simd::kLanes), sums[j]);
  }
  for (size_t j = 0; j < kVecs; ++j) StoreVec(y + j * Simd::kLanes, sums[j] + bias);
}

template <class Simd>
void DepthwiseRow(const float* x, const size_t* offsets, const float* weights, size_t taps, float bias, float* y,
                  size_t count) {
  constexpr size_t kLanes = Simd::kLanes;
  size_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) DepthwiseBlock<Simd, 4>(x + i, offsets, weights, taps, bias, y + i);
  for (; i + kLanes <= count; i += kLanes) DepthwiseBlock<Simd, 1>(x + i, offsets, weights, taps, bias, y + i);
  if (i == count) return;
  float edge[kLanes];
  DepthwiseBlock<Simd, 1>(x + i, offsets, weights, taps, bias, edge);
  for (size_t j = 0; i + j < count; ++j) y[i + j] = edge[j];
}

template <class Simd, ops::Activation::Kind kKind>
void ActivateRowWith(ops::Activation activation, float* x, size_t count) {
  using Vec = typename Simd::Vec;
  activation.kind = kKind;  // a constant for the compiler
  size_t i = 0;
  for (; i + Simd::kLanes <= count; i += Simd::kLanes) {
    StoreVec(x + i, ops::lanes::Activate(activation, LoadVec<Vec>(x + i)));
  }
  if (i == count) return;
  float edge[Simd::kLanes] = {};
  std::copy(x + i, x + count, edge);
  StoreVec(edge, ops::lanes::Activate(activation, LoadVec<Vec>(edge)));
  std::copy(edge, edge + (count - i), x + i);
}

template <class Simd>
void ActivateRow(const ops::Activation& activation, float* x, size_t count) {
  using Kind = ops::Activation;
  switch (activation.kind) {
#define ONEDGE_CASE(kind) \
  case Kind::kind:        \
    return ActivateRowWith<Simd, Kind::kind>(activation, x, count)
    ONEDGE_CASE(kRelu);
    ONEDGE_CASE(kGelu);
    ONEDGE_CASE(kGeluTanh);
    ONEDGE_CASE(kTanh);
    ONEDGE_CASE(kSigmoid);
    ONEDGE_CASE(kLeakyRelu);
    ONEDGE_CASE(kClip);
    ONEDGE_CASE(kHardSigmoid);
    ONEDGE_CASE(kHardSwish);
    ONEDGE_CASE(kSwish);
#undef ONEDGE_CASE
    case Kind::kNone:
      return;
  }
}

// `Fused` has the width of Simd; its fused operations, if any, are used only for sums.
template <class Simd, class Fused>
constexpr RowKernels MakeRowKernels() {
  return {ScaledMaskedSoftmax<Simd>, DepthwiseRow<Fused>, ActivateRow<Simd>};
}

}  // namespace onedge::backends::cpu
