// Shared by the lowering functions of the kernel families: one function per operator, listed in cpu_backend.cc.
#pragma once

#include <memory>
#include <string>

#include "backends/kernel.h"

namespace onedge::backends::cpu {

// A kernel, or null if the portable operator should run.
using Lowered = Result<std::unique_ptr<const Kernel>>;

Lowered LowerAveragePool(LowerContext& ctx);
Lowered LowerConv(LowerContext& ctx);
Lowered LowerConvTranspose(LowerContext& ctx);
Lowered LowerConvInteger(LowerContext& ctx);
Lowered LowerDynamicQuantizedLinear(LowerContext& ctx);
Lowered LowerEinsum(LowerContext& ctx);
Lowered LowerGemm(LowerContext& ctx);
Lowered LowerGeneralGemm(LowerContext& ctx);  // forms that LowerGemm declines
Lowered LowerGru(LowerContext& ctx);
Lowered LowerHalfCast(LowerContext& ctx);
Lowered LowerHalfLinear(LowerContext& ctx);  // MatMul, Gemm and Linear of f16
Lowered LowerLinear(LowerContext& ctx);
Lowered LowerLstm(LowerContext& ctx);
Lowered LowerMaxPool(LowerContext& ctx);
Lowered LowerNhwcConv(LowerContext& ctx);
Lowered LowerNhwcGlobalAveragePool(LowerContext& ctx);
Lowered LowerPointwiseConv(LowerContext& ctx);  // NhwcConv of a window of one pixel
Lowered LowerMatMul(LowerContext& ctx);
Lowered LowerBatchedMatMul(LowerContext& ctx);  // MatMul of two activations
Lowered LowerMatMulNBits(LowerContext& ctx);
Lowered LowerMatMulInteger(LowerContext& ctx);
Lowered LowerQLinearMatMul(LowerContext& ctx);
Lowered LowerQLinearConv(LowerContext& ctx);
Lowered LowerRnn(LowerContext& ctx);
Lowered LowerScaledDotProductAttention(LowerContext& ctx);

// The result of a kernel's Plan.
using Planned = Result<std::unique_ptr<Step>>;

// A step of a kernel that needs only scratch: calls kernel.Run(ctx, workspace_bytes), which returns a Status.
template <typename K>
class ScratchStep final : public Step {
 public:
  ScratchStep(const K& kernel, size_t bytes) : kernel_(kernel), bytes_(bytes) {}
  Result<Progress> Run(ops::OpContext& ctx) override {
    ONEDGE_RETURN_IF_ERROR(kernel_.Run(ctx, bytes_));
    return Progress::kDone;
  }
  size_t workspace_bytes() const override { return bytes_; }

 private:
  const K& kernel_;
  const size_t bytes_;
};

inline size_t ThreadsOf(const BackendSession* session) {
  return session->threads() ? session->threads()->threads() : 1;
}

inline bool IsFloat32(const graph::TypeInfo* type) {
  return type && type->is_tensor() && type->dtype == DType::kFloat32;
}

// The rows of a tensor as a matrix: the product of all dimensions except the last.
inline size_t RowsOf(const Shape& shape) {
  return shape.rank() == 0 ? 1 : static_cast<size_t>(shape.element_count(0, shape.rank() - 1));
}

}  // namespace onedge::backends::cpu
