// MatMul of two f32 activations, with numpy's broadcasting of the batch dimensions. The right side is packed panel by
// panel, in the first-level cache, when its turn comes.
#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/lowering.h"
#include "ops/nn/matmul_kernel.h"

namespace onedge::backends::cpu {
namespace {

class BatchedMatMulState final : public KernelState {
 public:
  BatchedMatMulState(const GemmF32Kernels& kernels, ops::MatMulPlan product)
      : plan(std::move(product)), workspace_bytes_(GemmF32WorkspaceBytes(kernels, plan.m, plan.k, 1)) {}
  size_t workspace_bytes() const override { return workspace_bytes_; }

  const ops::MatMulPlan plan;

 private:
  const size_t workspace_bytes_;
};

class BatchedMatMulKernel final : public Kernel {
 public:
  explicit BatchedMatMulKernel(const GemmF32Kernels& kernels) : kernels_(kernels) {}

  Result<std::unique_ptr<KernelState>> Plan(const KernelPlan& shapes) const override {
    ONEDGE_ASSIGN_OR_RETURN(ops::MatMulPlan plan, ops::PlanMatMul(*shapes.inputs[0], *shapes.inputs[1]));
    // One matrix for all batches: their rows are rows of one product.
    if (shapes.inputs[1]->rank() == 2 && shapes.inputs[0]->rank() > 2) {
      plan.m *= plan.batches;
      plan.batches = 1;
    }
    return std::unique_ptr<KernelState>(std::make_unique<BatchedMatMulState>(kernels_, std::move(plan)));
  }

  // a: f32 [.., m, k], b: f32 [.., k, n] -> y: f32 [.., m, n]
  Status Run(ops::OpContext& ctx, KernelState* state) const override {
    const ops::MatMulPlan& plan = static_cast<BatchedMatMulState*>(state)->plan;
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kFloat32, plan.out));
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(state->workspace_bytes()));
    const bool direct = plan.m < 2 * kernels_.rows || plan.n <= 64;
    for (size_t batch = 0; batch < plan.batches; ++batch) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
      const float* a = ctx.Input(0).data<float>() + plan.BatchOfA(batch) * plan.m * plan.k;
      const float* b = ctx.Input(1).data<float>() + plan.BatchOfB(batch) * plan.k * plan.n;
      RunGemmF32(kernels_, plan.m, plan.n, plan.k, a, plan.k, 1, StridedPanels{&kernels_, b, plan.n, 1, direct},
                 y->mutable_data<float>() + batch * plan.m * plan.n, plan.n, {}, workspace, ctx.threads());
    }
    return OkStatus();
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
