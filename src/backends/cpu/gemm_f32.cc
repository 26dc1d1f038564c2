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

constexpr GemmF32Kernels kSimd128 =
    MakeGemmF32Kernels<Simd128, Simd128, 2, false>("simd128 4x8", std::make_index_sequence<4>());
#if defined(ONEDGE_RELAXED_SIMD)
constexpr GemmF32Kernels kRelaxed =
    MakeGemmF32Kernels<Simd128Relaxed, Simd128, 2, false>("relaxed 4x8", std::make_index_sequence<4>());
#endif

// From the fastest to the slowest.
#if defined(__x86_64__)
constexpr const GemmF32Kernels* kAll[] = {&kGemmF32Avx2Fused, &kGemmF32Avx2, &kSimd128};
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

}  // namespace

void PackColumns(const GemmF32Kernels& kernels, size_t k, size_t n, const float* b, size_t k_stride, size_t n_stride,
                 float* out) {
  for (size_t j = 0; j < n; j += kernels.columns) {
    const size_t columns = std::min(kernels.columns, n - j);
    const float* from = b + j * n_stride;
    if (n_stride == 1 && columns == kernels.columns) {
      (columns == 16 ? CopyPanel<16> : CopyPanel<8>)(k, from, k_stride, out);
      out += k * columns;
      continue;
    }
    for (size_t i = 0; i < k; ++i, out += kernels.columns) {
      for (size_t c = 0; c < columns; ++c) out[c] = from[i * k_stride + c * n_stride];
      std::fill(out + columns, out + kernels.columns, 0.0f);
    }
  }
}

void PackRows(const GemmF32Kernels& kernels, size_t begin, size_t end, size_t k, const float* a, size_t m_stride,
              size_t k_stride, float* out) {
  ONEDGE_DCHECK(begin % kernels.rows == 0);
  if (kernels.direct_rows) {
    for (size_t i = begin; i < end; ++i) {
      for (size_t p = 0; p < k; ++p) out[i * k + p] = a[i * m_stride + p * k_stride];
    }
    return;
  }
  for (size_t i = begin; i < end; i += kernels.rows) {
    const size_t rows = std::min(kernels.rows, end - i);
    float* to = out + i * k;
    const float* from = a + i * m_stride;
    size_t p = 0;
    if (rows == 4 && k_stride == 1) {
      for (; p + 4 <= k; p += 4, to += 16) {
        const auto row = [&](size_t r) { return LoadVec<ops::F32x4>(from + r * m_stride + p); };
        const ops::F32x4 r0 = row(0), r1 = row(1), r2 = row(2), r3 = row(3);
        const ops::F32x4 low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5),
                         high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
        const ops::F32x4 low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5),
                         high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
        StoreVec(to, __builtin_shufflevector(low01, low23, 0, 1, 4, 5));
        StoreVec(to + 4, __builtin_shufflevector(low01, low23, 2, 3, 6, 7));
        StoreVec(to + 8, __builtin_shufflevector(high01, high23, 0, 1, 4, 5));
        StoreVec(to + 12, __builtin_shufflevector(high01, high23, 2, 3, 6, 7));
      }
    }
    for (; p < k; ++p, to += rows) {
      for (size_t r = 0; r < rows; ++r) to[r] = from[p * k_stride + r * m_stride];
    }
  }
}

}  // namespace onedge::backends::cpu
