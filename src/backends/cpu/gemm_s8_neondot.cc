#include "backends/cpu/gemm_s8_tile.h"

namespace onedge::backends::cpu {
namespace {

struct NeonDot : Simd128 {  // a tag of its own: nothing of this file may run on other processors
  static ONEDGE_ALWAYS_INLINE Int DotBytes(Int sum, Int row, Int column) {
    return (Int)vdotq_s32((int32x4_t)sum, (int8x16_t)row, (int8x16_t)column);
  }
};

// sums += the group `kLane` of each row times a panel's next columns.
template <int kLane, size_t kRows>
ONEDGE_ALWAYS_INLINE void AddGroup(int32x4_t (&sums)[kRows][4], const int8x16_t (&rows)[kRows], const int8_t* b) {
  for (size_t j = 0; j < 4; ++j) {
    const int8x16_t columns = vld1q_s8(b + kLane * 64 + j * 16);
    for (size_t i = 0; i < kRows; ++i) sums[i][j] = vdotq_laneq_s32(sums[i][j], columns, rows[i], kLane);
  }
}

// One load has four groups of a row, and the instruction takes one of them by its lane: a copy of a group into all
// lanes would be a vector instruction of its own. GemmS8Tile does the rest.
template <size_t kRows>
void DotTile(size_t groups, const int32_t* a, size_t a_stride, const int8_t* b, int32_t* c, size_t c_stride,
             bool accumulate, const GemmS8Kernels::Excess& excess) {
  const size_t whole = groups / 4 * 4;
  if (whole > 0) {
    for (size_t i = 0; i < kRows; ++i) __builtin_prefetch(c + i * c_stride, 1);
    int32x4_t sums[kRows][4];
    for (size_t i = 0; i < kRows; ++i) {
      for (size_t j = 0; j < 4; ++j) sums[i][j] = accumulate ? vld1q_s32(c + i * c_stride + 4 * j) : vdupq_n_s32(0);
    }
    for (size_t p = 0; p < whole; p += 4) {
      int8x16_t rows[kRows];
      for (size_t i = 0; i < kRows; ++i) rows[i] = vreinterpretq_s8_s32(vld1q_s32(a + i * a_stride + p));
      AddGroup<0, kRows>(sums, rows, b);
      AddGroup<1, kRows>(sums, rows, b);
      AddGroup<2, kRows>(sums, rows, b);
      AddGroup<3, kRows>(sums, rows, b);
      b += 256;
    }
    for (size_t i = 0; i < kRows; ++i) {
      for (size_t j = 0; j < 4; ++j) vst1q_s32(c + i * c_stride + 4 * j, sums[i][j]);
    }
  }
  if (whole == 0 || whole < groups || excess.count > 0) {
    GemmS8Tile<Quads<NeonDot>, kRows, 4, true>(groups - whole, a + whole, a_stride, b, c, c_stride,
                                               accumulate || whole > 0, excess);
  }
}

template <size_t... kIndex>
constexpr GemmS8Kernels MakeKernels(std::index_sequence<kIndex...> rows) {
  GemmS8Kernels kernels = MakeGemmS8ByteKernels<NeonDot, 4, NeonDot, false, false>("neon dot 6x16", rows);
  ((kernels.tiles[kIndex] = DotTile<kIndex + 1>), ...);
  return kernels;
}

}  // namespace

extern const GemmS8Kernels kGemmS8NeonDot;
constinit const GemmS8Kernels kGemmS8NeonDot = MakeKernels(std::make_index_sequence<6>());

}  // namespace onedge::backends::cpu
