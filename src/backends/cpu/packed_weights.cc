#include "backends/cpu/packed_weights.h"

#include "base/checked_math.h"

namespace onedge::backends::cpu {
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

void PackedWeightsF32::Run(size_t m, const float* a, size_t m_stride, size_t k_stride, float* c, size_t c_stride,
                           ops::Activation activation, uint8_t* workspace, ThreadPool* threads) const {
  const PackedPanels panels{reinterpret_cast<const float*>(weights_.data()), k_, kernels_->columns};
  const GemmF32Epilogue epilogue{reinterpret_cast<const float*>(bias_.data()), nullptr, activation};
  RunGemmF32(*kernels_, m, n_, k_, a, m_stride, k_stride, panels, c, c_stride, epilogue, workspace, threads);
}

}  // namespace onedge::backends::cpu
