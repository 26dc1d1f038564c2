// MatMul of two f32 activations, with numpy's broadcasting of the batch dimensions. The right side is packed panel by
// panel, in the first-level cache, just before use.
#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/lowering.h"
#include "ops/nn/matmul_kernel.h"

namespace onedge::backends::cpu {
namespace {

class BatchedMatMulStep final : public Step {
 public:
  BatchedMatMulStep(const GemmF32Kernels& kernels, ops::MatMulPlan sizes)
      : kernels_(kernels), sizes_(std::move(sizes)), bytes_(GemmF32WorkspaceBytes(kernels, sizes_.m, sizes_.k, 1)) {}
  size_t workspace_bytes() const override { return bytes_; }

  // a: f32 [.., m, k], b: f32 [.., k, n] -> y: f32 [.., m, n]
  Result<Progress> Run(ops::OpContext& ctx) override {
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, sizes_.out));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(bytes_));
    const size_t m = sizes_.m, k = sizes_.k, n = sizes_.n;
    const bool direct = m < 2 * kernels_.rows || n <= 64;
    for (size_t batch = 0; batch < sizes_.batches; ++batch) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
      const float* a = ctx.Input(0).data<float>() + sizes_.BatchOfA(batch) * m * k;
      const float* b = ctx.Input(1).data<float>() + sizes_.BatchOfB(batch) * k * n;
      RunGemmF32(kernels_, m, n, k, a, k, 1, StridedPanels{&kernels_, b, n, 1, direct},
                 y->mutable_data<float>() + batch * m * n, n, {}, workspace, ctx.threads());
    }
    return Progress::kDone;
  }

 private:
  const GemmF32Kernels& kernels_;
  const ops::MatMulPlan sizes_;
  const size_t bytes_;
};

class BatchedMatMulKernel final : public Kernel {
 public:
  explicit BatchedMatMulKernel(const GemmF32Kernels& kernels) : kernels_(kernels) {}

  Planned Plan(const NodeShapes& shapes, BackendSession*) const override {
    ONEDGE_ASSIGN_OR_RETURN(ops::MatMulPlan sizes, ops::PlanMatMul(*shapes.inputs[0], *shapes.inputs[1]));
    // One matrix serves all batches: their rows are rows of one product.
    if (shapes.inputs[1]->rank() == 2 && shapes.inputs[0]->rank() > 2) {
      sizes.m *= sizes.batches;
      sizes.batches = 1;
    }
    return std::unique_ptr<Step>(std::make_unique<BatchedMatMulStep>(kernels_, std::move(sizes)));
  }

 private:
  const GemmF32Kernels& kernels_;
};

}  // namespace

Lowered LowerBatchedMatMul(LowerContext& ctx) {
  if (!IsFloat32(ctx.InputType(0)) || !IsFloat32(ctx.InputType(1))) return std::unique_ptr<const Kernel>();
  return std::unique_ptr<const Kernel>(std::make_unique<BatchedMatMulKernel>(SelectGemmF32(ctx.exact)));
}

}  // namespace onedge::backends::cpu
