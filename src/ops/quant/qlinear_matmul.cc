// QLinearMatMul (ai.onnx 10, 21): the product of 8-bit matrices, requantized.
#include "base/checked_math.h"
#include "ops/nn/parallel.h"
#include "ops/quant/integer_matmul.h"
#include "ops/quant/requantize.h"

namespace onedge::ops {

struct QLinearMatMul final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(auto out, InferIntegerMatMul(ctx, 0, 3));
    for (size_t i = 1; i < 8; ++i) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    ctx.SetOutput(0, ctx.InputDType(7), std::move(out));
    return OkStatus();
  }

  // a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point -> y: [..., M, N], dtype of y_zero_point
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(8));
    const QuantizedOperand a = {&ctx.Input(0), &ctx.Input(2)};
    const QuantizedOperand b = {&ctx.Input(3), &ctx.Input(5)};
    ONEDGE_RETURN_IF_ERROR(CheckQuantizedOperand(a, 0, 2, /*by_row=*/true));
    ONEDGE_RETURN_IF_ERROR(CheckQuantizedOperand(b, 3, 5, /*by_row=*/false));
    ONEDGE_ASSIGN_OR_RETURN(const auto a_scale, FloatInput(ctx, 1));
    ONEDGE_ASSIGN_OR_RETURN(const auto b_scale, FloatInput(ctx, 4));
    ONEDGE_ASSIGN_OR_RETURN(const auto y_scale, FloatInput(ctx, 6));
    ONEDGE_ASSIGN_OR_RETURN(const OutputQuantization quantization, ReadOutputQuantization(ctx, 7));
    ONEDGE_ASSIGN_OR_RETURN(const MatMulPlan plan, PlanMatMul(a.values->shape(), b.values->shape()));
    const size_t rows = plan.batches * plan.m;
    const size_t a_rows = a.values->rank() < 2 ? 1 : static_cast<size_t>(a.values->dim(a.values->rank() - 2));
    if ((a_scale.size() != 1 && a_scale.size() != a_rows) || (b_scale.size() != 1 && b_scale.size() != plan.n) ||
        y_scale.size() != 1) {
      return InvalidArgument("scales: expected one for a, or one for each of ", a_rows,
                             " rows; one for b, or one for each of ", plan.n, " columns; one for y; got ",
                             a_scale.size(), ", ", b_scale.size(), " and ", y_scale.size());
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, quantization.dtype, plan.out));
    const size_t scratch = AlignUp(IntegerMatMulWorkspace(a.values->shape(), b.values->shape()), size_t{64});
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(scratch + rows * plan.n * sizeof(int32_t)));
    int32_t* sums = reinterpret_cast<int32_t*>(workspace + scratch);
    MultiplyIntegers(plan, a, b, workspace, sums, ctx.threads());
    ParallelRanges(ctx.threads(), rows, plan.n * 4, [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) {
        const float row_scale = a_scale.size() == 1 ? a_scale[0] : a_scale[row % a_rows];
        for (size_t j = 0; j < plan.n; ++j) {
          const float multiplier = row_scale * b_scale[b_scale.size() == 1 ? 0 : j] / y_scale[0];
          Requantize(sums + row * plan.n + j, 1, &multiplier, 0, quantization, y->mutable_bytes() + row * plan.n + j);
        }
      }
    });
    return OkStatus();
  }

  size_t WorkspaceBytes(const ShapeContext& ctx) const override {
    const auto a = ctx.InputDims(0) ? graph::ShapeOf(*ctx.InputDims(0)) : std::nullopt;
    const auto b = ctx.InputDims(3) ? graph::ShapeOf(*ctx.InputDims(3)) : std::nullopt;
    if (!a || !b) return 0;
    const auto plan = PlanMatMul(*a, *b);
    if (!plan.ok()) return 0;
    return AlignUp(IntegerMatMulWorkspace(*a, *b), size_t{64}) + plan->batches * plan->m * plan->n * sizeof(int32_t);
  }
};

template <>
Result<OpPtr> Parse<QLinearMatMul>(AttributeReader&) {
  return OpPtr(std::make_unique<QLinearMatMul>());
}

}  // namespace onedge::ops
