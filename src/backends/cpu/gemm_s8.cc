#include "backends/cpu/gemm_s8.h"

#include <cstring>

#include "backends/cpu/excess_row.h"
#include "backends/cpu/simd.h"
#include "base/checked_math.h"

namespace onedge::backends::cpu {

namespace {

// A whole number of tiles.
size_t RowBlock(const GemmS8Kernels& kernels) { return 132 - 132 % kernels.rows; }
// So that threads share the work of a narrow matrix: a whole number of panels.
size_t ColumnBlock(const GemmS8Kernels& kernels) { return kernels.columns > 16 ? 64 : 48; }
// Groups of depths of a panel that stay in the first-level cache: 8 KB at 8 columns, 16 KB at 16.
constexpr size_t kGroupBlock = 512;

// The zero point of column `j` in the form of the packed weights: uint8 weights are stored minus 128.
int32_t ZeroPointOf(const Tensor* zero_points, bool is_unsigned, size_t j) {
  const int32_t shift = is_unsigned ? 128 : 0;
  if (!zero_points) return -shift;
  const size_t index = zero_points->element_count() == 1 ? 0 : j;
  return (is_unsigned ? zero_points->data<uint8_t>()[index] : zero_points->data<int8_t>()[index]) - shift;
}

// Interleaves kDepths rows of bytes, `stride` apart, in vectors: weights are packed in code that the engine has just
// compiled, where a byte takes as long as a vector. Returns the end of what it wrote.
template <size_t kDepths>
uint8_t* PackGroup(const uint8_t* rows, size_t stride, size_t columns, uint8_t flip, uint8_t* to) {
  typedef uint8_t Bytes __attribute__((vector_size(16)));
  typedef uint16_t Pairs __attribute__((vector_size(16)));
  typedef uint64_t Halves __attribute__((vector_size(16)));
  const Bytes flips = SplatVec<Bytes>(flip);
  const auto row = [&](size_t depth) {
    uint64_t eight;
    std::memcpy(&eight, rows + depth * stride, sizeof eight);
    return (Bytes)Halves{eight, 0} ^ flips;
  };
  const auto zip = [](Bytes a, Bytes b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  };
  for (size_t c = 0; c < columns; c += 8, rows += 8, to += 8 * kDepths) {
    const Bytes first = zip(row(0), row(1));
    if constexpr (kDepths == 2) {
      StoreVec(to, first);
    } else {
      const Pairs low = (Pairs)first, high = (Pairs)zip(row(2), row(3));
      StoreVec(to, __builtin_shufflevector(low, high, 0, 8, 1, 9, 2, 10, 3, 11));
      StoreVec(to + 16, __builtin_shufflevector(low, high, 4, 12, 5, 13, 6, 14, 7, 15));
    }
  }
  return to;
}

int32_t UnsignedZeroPoint(uint8_t zero_point) { return zero_point; }
int32_t UnsignedZeroPoint(int8_t zero_point) { return zero_point + 128; }

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

Result<PackedWeightsS8> PackedWeightsS8::Pack(const GemmS8Kernels& kernels, const Tensor& weights,
                                              const Tensor* zero_points, MemoryBudget* budget) {
  PackedWeightsS8 packed;
  packed.kernels_ = &kernels;
  packed.k_ = static_cast<size_t>(weights.dim(0));
  packed.n_ = static_cast<size_t>(weights.dim(1));
  packed.padded_n_ = AlignUp(packed.n_, kernels.columns);
  const size_t groups = packed.groups();
  const auto bytes = CheckedMultiply(packed.padded_n_, groups * kernels.depths);
  if (!bytes) return ResourceExhausted("packed weights of ", weights.shape(), " exceed the address space");
  ONEDGE_ASSIGN_OR_RETURN(packed.weights_, Buffer::Allocate(*bytes, budget));
  const bool is_unsigned = weights.dtype() == DType::kUint8;
  const uint8_t flip = is_unsigned ? 0x80 : 0;
  const uint8_t* from = weights.bytes();
  const uint8_t packed_flip = kernels.unsigned_columns ? flip ^ 0x80 : flip;
  uint8_t* to = packed.weights_.data();
  for (size_t j = 0; j < packed.n_; j += kernels.columns) {
    const bool whole = packed.n_ - j >= kernels.columns && kernels.columns % 8 == 0 && kernels.groups_together == 1;
    for (size_t first = 0; first < groups; first += kernels.groups_together) {
      if (whole && first + (kernels.depths - 1) * groups < packed.k_) {
        const uint8_t* rows = from + first * packed.n_ + j;
        const size_t stride = groups * packed.n_;
        to = kernels.depths == 4 ? PackGroup<4>(rows, stride, kernels.columns, packed_flip, to)
                                 : PackGroup<2>(rows, stride, kernels.columns, packed_flip, to);
        continue;
      }
      for (size_t c = 0; c < kernels.columns; ++c) {
        for (size_t p = first; p < first + kernels.groups_together; ++p) {
          for (size_t depth = p; depth < kernels.depths * groups; depth += groups) {
            *to++ = j + c < packed.n_ && depth < packed.k_ ? from[depth * packed.n_ + j + c] ^ packed_flip : 0;
          }
        }
      }
    }
  }
  if (kernels.depths == 4) {
    ONEDGE_ASSIGN_OR_RETURN(packed.sums_, Buffer::Allocate(packed.padded_n_ * sizeof(int32_t), budget));
    auto* sums = reinterpret_cast<uint32_t*>(packed.sums_.data());
    std::fill_n(sums, packed.padded_n_, 0u);
    for (size_t p = 0; p < packed.k_; ++p) {
      for (size_t j = 0; j < packed.n_; ++j) {
        sums[j] += static_cast<uint32_t>(int32_t{static_cast<int8_t>(from[p * packed.n_ + j] ^ flip)});
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
  const size_t block = RowBlock(*kernels_);
  const size_t limit = kernels_->depths == 4 ? size_t{1} << 18 : size_t{1} << 20;  // groups
  return std::min(m, std::max(limit / std::max<size_t>(groups(), 1) / block * block, block));
}

// Packed rows and the sums of them; kind 4: the offsets of rows and columns, and the excess of the tiles.
size_t PackedWeightsS8::WorkspaceBytes(size_t m) const {
  const size_t rows = RowsAtATime(m);
  const size_t bytes = rows * (groups() + 1) * sizeof(int32_t);
  if (kernels_->depths != 4) return bytes;
  const size_t tiles = (rows + kernels_->rows - 1) / kernels_->rows;
  return bytes + (rows + padded_n_ + tiles) * sizeof(int32_t) +
         tiles * kMostExcess * groups() * (sizeof(ExcessStep) + sizeof(RowGroup));
}

PackedWeightsS8::Workspace PackedWeightsS8::Divide(size_t m, int32_t zero_point, uint8_t* workspace) const {
  const size_t rows = RowsAtATime(m);
  Workspace parts = {};
  PackedBytes& packed = parts.packed;
  packed.rows = reinterpret_cast<int32_t*>(workspace);
  packed.sums = packed.rows + rows * groups();
  if (kernels_->depths != 4) return parts;
  int32_t* row_offsets = packed.sums + rows;
  if (kernels_->unsigned_columns) parts.row_offsets = row_offsets;
  int32_t* columns = row_offsets + rows;
  packed.tile_rows = kernels_->rows;
  packed.groups = groups();
  packed.step_counts = reinterpret_cast<uint32_t*>(columns + padded_n_);
  const size_t tiles = (rows + kernels_->rows - 1) / kernels_->rows;
  packed.steps = reinterpret_cast<ExcessStep*>(packed.step_counts + tiles);
  packed.row_excess = reinterpret_cast<RowGroup*>(packed.steps + tiles * kMostExcess * groups());
  parts.packed.centre = kernels_->CentreOf(zero_point);
  parts.missing = parts.packed.centre - zero_point;
  if (parts.missing == 0) return parts;
  const auto* sums = reinterpret_cast<const uint32_t*>(sums_.data());
  for (size_t j = 0; j < padded_n_; ++j)
    columns[j] = static_cast<int32_t>(sums[j] * static_cast<uint32_t>(parts.missing));
  parts.column_offsets = columns;
  return parts;
}

template <typename Pack, typename Finish>
void PackedWeightsS8::RunBlocks(size_t m, int32_t* y, const Workspace& parts, ThreadPool* threads, const Pack& pack,
                                const Finish& finish) const {
  const GemmS8Kernels& kernels = *kernels_;
  const PackedBytes& packed = parts.packed;
  const size_t k_groups = groups();
  const size_t step = RowsAtATime(m), row_block = RowBlock(kernels);
  const size_t column_block = ColumnBlock(kernels);
  const size_t column_blocks = (n_ + column_block - 1) / column_block;
  const int8_t* weights = reinterpret_cast<const int8_t*>(weights_.data());
  for (size_t first = 0; first < m; first += step) {
    const size_t count = std::min(step, m - first);
    const size_t row_blocks = (count + row_block - 1) / row_block;
    ParallelFor(threads, row_blocks, [&](size_t block) {
      const size_t begin = block * row_block, end = std::min(count, begin + row_block);
      pack(first, begin, end);
      if (!parts.row_offsets) return;
      for (size_t i = begin; i < end; ++i)
        parts.row_offsets[i] = static_cast<int32_t>(0u - 128u * static_cast<uint32_t>(packed.sums[i]));
    });
    ParallelFor(threads, row_blocks * column_blocks, [&](size_t task) {
      const size_t row_begin = task / column_blocks * row_block;
      const size_t row_end = std::min(count, row_begin + row_block);
      const size_t column_begin = task % column_blocks * column_block;
      const size_t column_end = std::min(n_, column_begin + column_block);
      size_t p0 = 0;
      do {  // once even if k is 0
        const size_t depth = std::min(kGroupBlock, k_groups - p0);
        for (size_t j = column_begin; j < column_end; j += kernels.columns) {
          const size_t columns = std::min(kernels.columns, column_end - j);
          for (size_t i = row_begin; i < row_end; i += kernels.rows) {
            const size_t tile_rows = std::min(kernels.rows, row_end - i);
            alignas(64) int32_t edge[6 * GemmS8Kernels::kMostColumns];
            int32_t* target = y + (first + i) * n_ + j;
            int32_t* tile = columns < kernels.columns ? edge : target;
            const size_t stride = tile == edge ? kernels.columns : n_;
            for (size_t r = 0; tile == edge && p0 > 0 && r < tile_rows; ++r)
              std::copy_n(target + r * n_, columns, edge + r * kernels.columns);
            const int32_t* a = packed.rows + i * k_groups + (kernels.direct_rows ? p0 : p0 * tile_rows);
            const int8_t* panel = weights + j * k_groups * kernels.depths;
            const bool last = p0 + depth == k_groups;
            GemmS8Kernels::Excess excess = {};
            if (last && kernels.depths == 4) {
              const size_t index = i / kernels.rows;
              excess = {packed.steps + index * kMostExcess * k_groups, packed.step_counts[index], panel};
            }
            kernels.tiles[tile_rows - 1](depth, a, k_groups, panel + p0 * kernels.columns * kernels.depths, tile,
                                         stride, p0 > 0, excess);
            if (last) finish(tile_rows, i, j, tile, stride);
            for (size_t r = 0; tile == edge && r < tile_rows; ++r)
              std::copy_n(edge + r * kernels.columns, columns, target + r * n_);
          }
        }
        p0 += depth;
      } while (p0 < k_groups);
    });
  }
}

template <typename T>
void PackedWeightsS8::RunInteger(size_t m, const T* a, int32_t a_zero_point, int32_t* y, uint8_t* workspace,
                                 ThreadPool* threads) const {
  const T zero_point = static_cast<T>(a_zero_point);
  const Workspace parts = Divide(m, UnsignedZeroPoint(zero_point), workspace);
  const int32_t* zero_points = reinterpret_cast<const int32_t*>(zero_points_.data());
  RunBlocks(
      m, y, parts, threads,
      [&](size_t first, size_t begin, size_t end) {
        const T* from = a + first * k_;
        if (kernels_->depths == 4) {
          // int8 activations as uint8s, plus 128.
          const int32_t shift = UnsignedZeroPoint(zero_point) - zero_point - parts.packed.centre;
          for (size_t i = begin; i < end; ++i)
            PackBytesRow<T>(parts.packed, i, from + i * k_, k_, shift, kernels_->limited);
        } else {
          PackIntegers<T>(*kernels_, begin, end, k_, from, &zero_point, 0, parts.packed.rows, parts.packed.sums);
        }
      },
      [&](size_t tile_rows, size_t i, size_t j, int32_t* tile, size_t stride) {
        for (size_t r = 0; r < tile_rows; ++r) {
          const uint32_t row_offset = parts.row_offsets ? static_cast<uint32_t>(parts.row_offsets[i + r]) : 0;
          const uint32_t row_sum = static_cast<uint32_t>(parts.packed.sums[i + r]) +
                                   static_cast<uint32_t>(parts.missing) * static_cast<uint32_t>(k_);
          for (size_t c = 0; c < kernels_->columns; ++c) {
            uint32_t sum = static_cast<uint32_t>(tile[r * stride + c]) + row_offset;
            if (parts.column_offsets) sum += static_cast<uint32_t>(parts.column_offsets[j + c]);
            if (zero_points) sum -= row_sum * static_cast<uint32_t>(zero_points[j + c]);
            tile[r * stride + c] = static_cast<int32_t>(sum);
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
  const Workspace parts = Divide(m, quantization.zero_point, workspace);
  // The sums lie where the floats will be: all access is by whole tiles, through memcpy.
  RunBlocks(
      m, reinterpret_cast<int32_t*>(y), parts, threads,
      [&](size_t first, size_t begin, size_t end) {
        kernels_->pack_quantized(begin, end, k_, x + first * k_, quantization, parts.packed);
      },
      [&](size_t tile_rows, size_t i, size_t j, int32_t* tile, size_t stride) {
        kernels_->dequantize(tile_rows, tile, stride, j, i, d, {parts.column_offsets, parts.row_offsets});
      });
}

}  // namespace onedge::backends::cpu
