#include "backends/cpu/packed_weights.h"

#include "base/checked_math.h"

namespace onedge::backends::cpu {
namespace {

// Rows of a block: a whole number of tiles of 4 and of 6, so few that a block of 384 columns of a (200 KB) stays in the
// second-level cache.
constexpr size_t kRowBlock = 132;
// Columns of a task: enough of them that threads share the work of a narrow matrix.
constexpr size_t kColumnBlock = 48;
// Packed rows at a time; more would only take memory.
constexpr size_t kWorkspaceLimit = size_t{4} << 20;

size_t RowsAtATime(size_t m, size_t k) {
  const size_t fitting = kWorkspaceLimit / sizeof(float) / std::max<size_t>(k, 1) / kRowBlock * kRowBlock;
  return std::min(m, std::max(fitting, kRowBlock));
}

}  // namespace

Result<PackedWeightsF32> PackedWeightsF32::Pack(const GemmF32Kernels& kernels, size_t k, size_t n, const float* b,
                                                size_t k_stride, size_t n_stride, std::span<const float> bias,
                                                MemoryBudget* budget) {
  PackedWeightsF32 packed;
  packed.kernels_ = &kernels;
  packed.k_ = k;
  packed.n_ = n;
  const size_t padded_n = AlignUp(n, kernels.columns);
  const auto floats = CheckedMultiply(padded_n, k);
  const auto bytes = floats ? CheckedMultiply(*floats, sizeof(float)) : std::nullopt;
  if (!bytes) return ResourceExhausted("packed weights of [", k, ", ", n, "] exceed the address space");
  ONEDGE_ASSIGN_OR_RETURN(packed.weights_, Buffer::Allocate(*bytes, budget));
  PackColumns(kernels, k, n, b, k_stride, n_stride, reinterpret_cast<float*>(packed.weights_.data()));
  if (!bias.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(packed.bias_, Buffer::Allocate(padded_n * sizeof(float), budget));
    float* to = reinterpret_cast<float*>(packed.bias_.data());
    for (size_t i = 0; i < padded_n; ++i) to[i] = bias.size() == 1 ? bias[0] : i < n ? bias[i] : 0.0f;
  }
  return packed;
}

size_t PackedWeightsF32::WorkspaceBytes(size_t m) const { return RowsAtATime(m, k_) * k_ * sizeof(float); }

void PackedWeightsF32::Run(size_t m, const float* a, size_t m_stride, size_t k_stride, float* c, size_t c_stride,
                           Activation activation, uint8_t* workspace, ThreadPool* threads) const {
  float* rows = reinterpret_cast<float*>(workspace);
  const PackedPanels panels{reinterpret_cast<const float*>(weights_.data()), k_, kernels_->columns};
  const GemmF32Epilogue epilogue{reinterpret_cast<const float*>(bias_.data()), nullptr, activation};
  const size_t step = RowsAtATime(m, k_);
  const size_t column_blocks = (n_ + kColumnBlock - 1) / kColumnBlock;
  for (size_t first = 0; first < m; first += step) {
    const size_t count = std::min(step, m - first);
    const size_t row_blocks = (count + kRowBlock - 1) / kRowBlock;
    const float* from = a + first * m_stride;
    float* to = c + first * c_stride;
    ParallelFor(threads, row_blocks, [&](size_t block) {
      PackRows(*kernels_, block * kRowBlock, std::min(count, (block + 1) * kRowBlock), k_, from, m_stride, k_stride, rows);
    });
    ParallelFor(threads, row_blocks * column_blocks, [&](size_t task) {
      const size_t i = task / column_blocks * kRowBlock;
      const size_t j = task % column_blocks * kColumnBlock;
      GemmF32Block(*kernels_, std::min(kRowBlock, count - i), j, std::min(n_, j + kColumnBlock), k_, rows + i * k_, panels,
                   to + i * c_stride, c_stride, epilogue);
    });
  }
}

}  // namespace onedge::backends::cpu
