#include "backends/cpu/gemm_s8.h"

#include "backends/cpu/gemm_s8_tile.h"
#include "backends/cpu/processor.h"
#include "base/checked_math.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const GemmS8Kernels kGemmS8Avx2;
#endif

namespace {

#if defined(__aarch64__)  // 32 registers
constexpr GemmS8Kernels kSimd128 = MakeGemmS8Kernels<Simd128, 4, false>("neon 4x16", std::make_index_sequence<4>());
#else
constexpr GemmS8Kernels kSimd128 = MakeGemmS8Kernels<Simd128, 2, false>("simd128 4x8", std::make_index_sequence<4>());
#endif
#if defined(__x86_64__)
constexpr const GemmS8Kernels* kAll[] = {&kGemmS8Avx2, &kSimd128};  // from the fastest to the slowest
#else
constexpr const GemmS8Kernels* kAll[] = {&kSimd128};
#endif

constexpr size_t kRowBlock = 132;    // a whole number of tiles of 4 and of 6
constexpr size_t kColumnBlock = 48;  // so that threads share the work of a narrow matrix
// Pairs of depths of a panel that stay in the first-level cache: 8 KB at 8 columns, 16 KB at 16.
constexpr size_t kPairBlock = 512;

// The zero point of column `j` in the form of the packed weights: uint8 weights are stored minus 128.
int32_t ZeroPointOf(const Tensor* zero_points, bool is_unsigned, size_t j) {
  const int32_t shift = is_unsigned ? 128 : 0;
  if (!zero_points) return -shift;
  const size_t index = zero_points->element_count() == 1 ? 0 : j;
  return (is_unsigned ? zero_points->data<uint8_t>()[index] : zero_points->data<int8_t>()[index]) - shift;
}

}  // namespace

template <typename T>
void PackIntegers(const GemmS8Kernels& kernels, size_t begin, size_t end, size_t k, const T* a, const T* zero_points,
                  size_t zero_point_step, int32_t* out, int32_t* row_sums) {
  const size_t half = (k + 1) / 2;
  for (size_t i = begin; i < end; i += kernels.rows) {
    const size_t rows = std::min(kernels.rows, end - i);
    for (size_t r = 0; r < rows; ++r) {
      const T* row = a + (i + r) * k;
      const int32_t zero_point = zero_points ? zero_points[(i + r) * zero_point_step] : 0;
      uint32_t sum = 0;
      for (size_t p = 0; p < half; ++p) {
        const int32_t first = row[p] - zero_point;
        const int32_t second = half + p < k ? row[half + p] - zero_point : 0;
        sum += static_cast<uint32_t>(first + second);
        const size_t place = kernels.direct_rows ? r * half + p : p * rows + r;
        out[i * half + place] =
            static_cast<int32_t>((static_cast<uint32_t>(first) & 0xffff) | static_cast<uint32_t>(second) << 16);
      }
      row_sums[i + r] = static_cast<int32_t>(sum);
    }
  }
}
template void PackIntegers(const GemmS8Kernels&, size_t, size_t, size_t, const uint8_t*, const uint8_t*, size_t,
                           int32_t*, int32_t*);
template void PackIntegers(const GemmS8Kernels&, size_t, size_t, size_t, const int8_t*, const int8_t*, size_t, int32_t*,
                           int32_t*);

std::span<const GemmS8Kernels* const> AllGemmS8() {
  const std::span<const GemmS8Kernels* const> all = kAll;
#if defined(__x86_64__)
  if (!HasAvx2()) return all.last(1);
#endif
  return all;
}

const GemmS8Kernels& SelectGemmS8() { return *AllGemmS8()[0]; }

Result<PackedWeightsS8> PackedWeightsS8::Pack(const GemmS8Kernels& kernels, const Tensor& weights,
                                              const Tensor* zero_points, MemoryBudget* budget) {
  PackedWeightsS8 packed;
  packed.kernels_ = &kernels;
  packed.k_ = static_cast<size_t>(weights.dim(0));
  packed.n_ = static_cast<size_t>(weights.dim(1));
  packed.padded_n_ = AlignUp(packed.n_, kernels.columns);
  const size_t half = packed.pairs();
  const auto bytes = CheckedMultiply(packed.padded_n_, half * 2);
  if (!bytes) return ResourceExhausted("packed weights of ", weights.shape(), " exceed the address space");
  ONEDGE_ASSIGN_OR_RETURN(packed.weights_, Buffer::Allocate(*bytes, budget));
  const bool is_unsigned = weights.dtype() == DType::kUint8;
  const uint8_t flip = is_unsigned ? 0x80 : 0;
  const uint8_t* from = weights.bytes();
  uint8_t* to = packed.weights_.data();
  for (size_t j = 0; j < packed.n_; j += kernels.columns) {
    for (size_t p = 0; p < half; ++p) {
      for (size_t c = 0; c < kernels.columns; ++c) {
        for (size_t depth : {p, p + half}) {
          *to++ = j + c < packed.n_ && depth < packed.k_ ? from[depth * packed.n_ + j + c] ^ flip : 0;
        }
      }
    }
  }
  bool any = false;
  for (size_t j = 0; j < packed.n_; ++j) any |= ZeroPointOf(zero_points, is_unsigned, j) != 0;
  if (any) {
    ONEDGE_ASSIGN_OR_RETURN(packed.zero_points_, Buffer::Allocate(packed.padded_n_ * sizeof(int32_t), budget));
    int32_t* values = reinterpret_cast<int32_t*>(packed.zero_points_.data());
    for (size_t j = 0; j < packed.padded_n_; ++j)
      values[j] = j < packed.n_ ? ZeroPointOf(zero_points, is_unsigned, j) : 0;
  }
  return packed;
}

size_t PackedWeightsS8::RowsAtATime(size_t m) const {
  constexpr size_t kLimit = size_t{1} << 20;  // pairs
  return std::min(m, std::max(kLimit / std::max<size_t>(pairs(), 1) / kRowBlock * kRowBlock, kRowBlock));
}

// Packed rows, and one sum for each row.
size_t PackedWeightsS8::WorkspaceBytes(size_t m) const { return RowsAtATime(m) * (pairs() + 1) * sizeof(int32_t); }

template <typename Pack, typename Finish>
void PackedWeightsS8::RunBlocks(size_t m, int32_t* y, int32_t* rows, ThreadPool* threads, const Pack& pack,
                                const Finish& finish) const {
  const GemmS8Kernels& kernels = *kernels_;
  const size_t half = pairs();
  const size_t step = RowsAtATime(m);
  const size_t column_blocks = (n_ + kColumnBlock - 1) / kColumnBlock;
  const int8_t* weights = reinterpret_cast<const int8_t*>(weights_.data());
  for (size_t first = 0; first < m; first += step) {
    const size_t count = std::min(step, m - first);
    const size_t row_blocks = (count + kRowBlock - 1) / kRowBlock;
    ParallelFor(threads, row_blocks,
                [&](size_t block) { pack(first, block * kRowBlock, std::min(count, (block + 1) * kRowBlock)); });
    ParallelFor(threads, row_blocks * column_blocks, [&](size_t task) {
      const size_t row_begin = task / column_blocks * kRowBlock;
      const size_t row_end = std::min(count, row_begin + kRowBlock);
      const size_t column_begin = task % column_blocks * kColumnBlock;
      const size_t column_end = std::min(n_, column_begin + kColumnBlock);
      size_t p0 = 0;
      do {  // once even if k is 0
        const size_t depth = std::min(kPairBlock, half - p0);
        for (size_t j = column_begin; j < column_end; j += kernels.columns) {
          const size_t columns = std::min(kernels.columns, column_end - j);
          for (size_t i = row_begin; i < row_end; i += kernels.rows) {
            const size_t tile_rows = std::min(kernels.rows, row_end - i);
            alignas(64) int32_t edge[6 * 16];
            int32_t* target = y + (first + i) * n_ + j;
            int32_t* tile = columns < kernels.columns ? edge : target;
            const size_t stride = tile == edge ? 16 : n_;
            for (size_t r = 0; tile == edge && p0 > 0 && r < tile_rows; ++r)
              std::copy_n(target + r * n_, columns, edge + r * 16);
            const int32_t* a = rows + i * half + (kernels.direct_rows ? p0 : p0 * tile_rows);
            kernels.tiles[tile_rows - 1](depth, a, half, weights + (j * half + p0 * kernels.columns) * 2, tile, stride,
                                         p0 > 0);
            if (p0 + depth == half) finish(tile_rows, i, j, tile, stride);
            for (size_t r = 0; tile == edge && r < tile_rows; ++r) std::copy_n(edge + r * 16, columns, target + r * n_);
          }
        }
        p0 += depth;
      } while (p0 < half);
    });
  }
}

template <typename T>
void PackedWeightsS8::RunInteger(size_t m, const T* a, int32_t a_zero_point, int32_t* y, uint8_t* workspace,
                                 ThreadPool* threads) const {
  int32_t* rows = reinterpret_cast<int32_t*>(workspace);
  int32_t* row_sums = rows + RowsAtATime(m) * pairs();
  const int32_t* zero_points = reinterpret_cast<const int32_t*>(zero_points_.data());
  const T zero_point = static_cast<T>(a_zero_point);
  RunBlocks(
      m, y, rows, threads,
      [&](size_t first, size_t begin, size_t end) {
        PackIntegers<T>(*kernels_, begin, end, k_, a + first * k_, &zero_point, 0, rows, row_sums);
      },
      [&](size_t tile_rows, size_t i, size_t j, int32_t* tile, size_t stride) {
        for (size_t r = 0; zero_points && r < tile_rows; ++r) {
          for (size_t c = 0; c < kernels_->columns; ++c) {
            const uint32_t correction =
                static_cast<uint32_t>(row_sums[i + r]) * static_cast<uint32_t>(zero_points[j + c]);
            tile[r * stride + c] = static_cast<int32_t>(static_cast<uint32_t>(tile[r * stride + c]) - correction);
          }
        }
      });
}
template void PackedWeightsS8::RunInteger<uint8_t>(size_t, const uint8_t*, int32_t, int32_t*, uint8_t*,
                                                   ThreadPool*) const;
template void PackedWeightsS8::RunInteger<int8_t>(size_t, const int8_t*, int32_t, int32_t*, uint8_t*,
                                                  ThreadPool*) const;

void PackedWeightsS8::RunDynamic(size_t m, const float* x, ops::DynamicQuantization quantization,
                                 const Dequantization& d, float* y, uint8_t* workspace, ThreadPool* threads) const {
  ONEDGE_DCHECK(zero_points_.size() == 0);
  int32_t* rows = reinterpret_cast<int32_t*>(workspace);
  // The sums lie where the floats will be: all access is by whole tiles, through memcpy.
  RunBlocks(
      m, reinterpret_cast<int32_t*>(y), rows, threads,
      [&](size_t first, size_t begin, size_t end) {
        kernels_->pack_quantized(begin, end, k_, x + first * k_, quantization, rows);
      },
      [&](size_t tile_rows, size_t, size_t j, int32_t* tile, size_t stride) {
        kernels_->dequantize(tile_rows, tile, stride, j, d);
      });
}

}  // namespace onedge::backends::cpu
