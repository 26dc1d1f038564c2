// PackedWeightsF32: a constant matrix in the layout of its kernels, with its bias, and the product of activations with
// it. Immutable after Pack; shared by all sessions.
#pragma once

#include <optional>

#include "backends/cpu/gemm_f32.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace onedge::backends::cpu {

class PackedWeightsF32 {
 public:
  // Element (i, j) of the weights [k, n] is b[i * k_stride + j * n_stride]; bias: [n], a scalar for all, or empty.
  // Fails if the budget is exceeded.
  static Result<PackedWeightsF32> Pack(const GemmF32Kernels& kernels, size_t k, size_t n, const float* b,
                                       size_t k_stride, size_t n_stride, std::span<const float> bias,
                                       MemoryBudget* budget);

  size_t k() const { return k_; }
  size_t n() const { return n_; }
  size_t byte_size() const { return weights_.size() + bias_.size(); }

  // The bytes that Run needs for m rows.
  size_t WorkspaceBytes(size_t m, size_t k_stride) const { return GemmF32WorkspaceBytes(*kernels_, m, k_, k_stride); }
  // c[m, n], rows c_stride apart, = activation(a * weights + bias); element (i, j) of a is a[i * m_stride + j *
  // k_stride].
  void Run(size_t m, const float* a, size_t m_stride, size_t k_stride, float* c, size_t c_stride,
           ops::Activation activation, uint8_t* workspace, ThreadPool* threads) const;

 private:
  const GemmF32Kernels* kernels_ = nullptr;
  size_t k_ = 0;
  size_t n_ = 0;
  Buffer weights_;
  Buffer bias_;  // empty: none
};

}  // namespace onedge::backends::cpu
