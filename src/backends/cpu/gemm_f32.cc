#include "backends/cpu/gemm_f32.h"

#include <utility>

#include "backends/cpu/gemm_f32_tile.h"
#include "backends/cpu/processor.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const GemmF32Kernels kGemmF32Avx2Fused;
extern const GemmF32Kernels kGemmF32Avx2;
#endif

namespace {

#if defined(__aarch64__)  // 32 registers
constexpr GemmF32Kernels kSimd128 =
    MakeGemmF32Kernels<Simd128, Simd128, 4, false>("neon 4x16", std::make_index_sequence<4>());
constexpr GemmF32Kernels kNeonFused =
    MakeGemmF32Kernels<NeonFused, Simd128, 4, false>("neon-fma 6x16", std::make_index_sequence<6>());
#else
constexpr GemmF32Kernels kSimd128 =
    MakeGemmF32Kernels<Simd128, Simd128, 2, false>("simd128 5x8", std::make_index_sequence<5>());
#endif
#if defined(ONEDGE_RELAXED_SIMD)
constexpr GemmF32Kernels kRelaxed =
    MakeGemmF32Kernels<Simd128Relaxed, Simd128, 2, false>("relaxed 6x8", std::make_index_sequence<6>());
#endif

// From the fastest to the slowest.
#if defined(__x86_64__)
constexpr const GemmF32Kernels* kAll[] = {&kGemmF32Avx2Fused, &kGemmF32Avx2, &kSimd128};
#elif defined(__aarch64__)
constexpr const GemmF32Kernels* kAll[] = {&kNeonFused, &kSimd128};
#elif defined(ONEDGE_RELAXED_SIMD)
constexpr const GemmF32Kernels* kAll[] = {&kRelaxed, &kSimd128};
#else
constexpr const GemmF32Kernels* kAll[] = {&kSimd128};
#endif

}  // namespace

std::span<const GemmF32Kernels* const> AllGemmF32() {
  const std::span<const GemmF32Kernels* const> all = kAll;
#if defined(__x86_64__)
  if (!HasAvx2()) return all.last(1);
#endif
  return all;
}

const GemmF32Kernels& SelectGemmF32(bool exact) {
  const auto all = AllGemmF32();
  return *all[exact && all.size() > 1 ? 1 : 0];
}

namespace {

template <size_t kColumns>
void CopyPanel(size_t k, const float* from, size_t stride, float* to) {
  for (size_t i = 0; i < k; ++i) std::copy_n(from + i * stride, kColumns, to + i * kColumns);
}

// to[j * to_stride + i] = from[i * stride + j]
void Transpose(size_t rows, size_t columns, const float* from, size_t stride, float* to, size_t to_stride) {
  size_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const float* four = from + i * stride;
    size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      const auto row = [&](size_t r) { return LoadVec<ops::F32x4>(four + r * stride + j); };
      const ops::F32x4 r0 = row(0), r1 = row(1), r2 = row(2), r3 = row(3);
      const ops::F32x4 low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5),
                       high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
      const ops::F32x4 low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5),
                       high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
      float* out = to + j * to_stride + i;
      StoreVec(out, __builtin_shufflevector(low01, low23, 0, 1, 4, 5));
      StoreVec(out + to_stride, __builtin_shufflevector(low01, low23, 2, 3, 6, 7));
      StoreVec(out + 2 * to_stride, __builtin_shufflevector(high01, high23, 0, 1, 4, 5));
      StoreVec(out + 3 * to_stride, __builtin_shufflevector(high01, high23, 2, 3, 6, 7));
    }
    for (; j < columns; ++j) {
      for (size_t r = 0; r < 4; ++r) to[j * to_stride + i + r] = four[r * stride + j];
    }
  }
  if (i + 2 <= rows) {                                      // the end of a tile of 6
    typedef double F64x2 __attribute__((vector_size(16)));  // a pair of floats as one value
    const float* two = from + i * stride;
    size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      const ops::F32x4 r0 = LoadVec<ops::F32x4>(two + j), r1 = LoadVec<ops::F32x4>(two + stride + j);
      const F64x2 low = (F64x2)__builtin_shufflevector(r0, r1, 0, 4, 1, 5);
      const F64x2 high = (F64x2)__builtin_shufflevector(r0, r1, 2, 6, 3, 7);
      float* out = to + j * to_stride + i;
      StoreVec(out, low[0]);
      StoreVec(out + to_stride, low[1]);
      StoreVec(out + 2 * to_stride, high[0]);
      StoreVec(out + 3 * to_stride, high[1]);
    }
    for (; j < columns; ++j) {
      for (size_t r = 0; r < 2; ++r) to[j * to_stride + i + r] = two[r * stride + j];
    }
    i += 2;
  }
  for (; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * stride + j];
  }
}

}  // namespace

void PackColumns(const GemmF32Kernels& kernels, size_t k, size_t n, const float* b, size_t k_stride, size_t n_stride,
                 float* out) {
  for (size_t j = 0; j < n; j += kernels.columns, out += k * kernels.columns) {
    const size_t columns = std::min(kernels.columns, n - j);
    const float* from = b + j * n_stride;
    if (n_stride == 1 && columns == kernels.columns) {
      (columns == 16 ? CopyPanel<16> : CopyPanel<8>)(k, from, k_stride, out);
      continue;
    }
    if (k_stride == 1) Transpose(columns, k, from, n_stride, out, kernels.columns);
    for (size_t i = 0; i < k; ++i) {
      float* to = out + i * kernels.columns;
      for (size_t c = 0; k_stride != 1 && c < columns; ++c) to[c] = from[i * k_stride + c * n_stride];
      std::fill(to + columns, to + kernels.columns, 0.0f);
    }
  }
}

void PackRows(const GemmF32Kernels& kernels, size_t begin, size_t end, size_t k, const float* a, size_t m_stride,
              size_t k_stride, float* out) {
  const size_t block = kernels.RowBlock();
  ONEDGE_DCHECK(begin % block == 0);
  for (size_t i = begin, rows; i < end; i += rows) {
    const size_t block_end = std::min(end, (i / block + 1) * block);
    // Plain rows are as tall a tile as there is.
    rows = kernels.direct_rows ? block_end - i : kernels.TileRows(block_end - i);
    const size_t m_step = kernels.direct_rows ? k : 1, k_step = kernels.direct_rows ? 1 : rows;
    float* to = out + i * k;
    const float* from = a + i * m_stride;
    if (k_stride == 1 && m_step == 1) {
      Transpose(rows, k, from, m_stride, to, k_step);
    } else if (m_stride == 1 && k_step == 1) {
      Transpose(k, rows, from, k_stride, to, m_step);
    } else {
      for (size_t p = 0; p < k; ++p) {
        for (size_t r = 0; r < rows; ++r) to[r * m_step + p * k_step] = from[p * k_stride + r * m_stride];
      }
    }
  }
}

}  // namespace onedge::backends::cpu
