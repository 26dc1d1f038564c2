// MatMulInteger (ai.onnx 10): the exact int32 product of 8-bit matrices minus their zero points.
#include "ops/quant/matmul_integer.h"

#include "ops/quant/integer_matmul.h"

namespace onedge::ops {

Status MatMulInteger::InferShapes(ShapeContext& ctx) const {
  ONEDGE_ASSIGN_OR_RETURN(auto out, InferIntegerMatMul(ctx, 0, 1));
  ctx.SetOutput(0, DType::kInt32, std::move(out));
  return OkStatus();
}

Status MatMulInteger::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const QuantizedOperand a = {&ctx.Input(0), ctx.HasInput(2) ? &ctx.Input(2) : nullptr};
  const QuantizedOperand b = {&ctx.Input(1), ctx.HasInput(3) ? &ctx.Input(3) : nullptr};
  ONEDGE_RETURN_IF_ERROR(CheckQuantizedOperand(a, 0, 2, /*by_row=*/true));
  ONEDGE_RETURN_IF_ERROR(CheckQuantizedOperand(b, 1, 3, /*by_row=*/false));
  ONEDGE_ASSIGN_OR_RETURN(const MatMulPlan plan, PlanMatMul(a.values->shape(), b.values->shape()));
  ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kInt32, plan.out));
  ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace,
                          ctx.Workspace(IntegerMatMulWorkspace(a.values->shape(), b.values->shape())));
  MultiplyIntegers(plan, a, b, workspace, y->mutable_data<int32_t>(), ctx.threads());
  return OkStatus();
}

size_t MatMulInteger::WorkspaceBytes(const ShapeContext& ctx) const { return IntegerMatMulWorkspace(ctx, 0, 1); }

template <>
Result<OpPtr> Parse<MatMulInteger>(AttributeReader&) {
  return OpPtr(std::make_unique<MatMulInteger>());
}

}  // namespace onedge::ops
