// onedge.Linear 1: the product with a weight matrix, plus a bias, then an activation. Made by the optimizer.
#include "ops/fused/linear.h"

#include "base/checked_math.h"
#include "ops/nn/matmul_kernel.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {

Status Linear::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 2));
  const Dims* x = ctx.InputDims(0);
  const Dims* weight = ctx.InputDims(1);
  if (weight && weight->size() != 2)
    return InvalidArgument("input 1: expected a matrix, got ", weight->size(), " dimensions");
  std::optional<Dims> out;
  if (x && weight) {
    ONEDGE_ASSIGN_OR_RETURN(out, MatMulDims(*x, *weight, false, trans_b));
  }
  const Dims* bias = ctx.InputDims(2);
  if (bias && weight) {
    const Dim n = (*weight)[trans_b ? 0 : 1];
    if (bias->size() != 1 || (n.known() && bias->front().known() && n.value != bias->front().value)) {
      return InvalidArgument("input 2: expected a bias of [", n.value, "]");
    }
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

Status Linear::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const DType dtype = ctx.Input(0).dtype();
  if (ctx.Input(1).rank() != 2) return InvalidArgument("input 1: expected a matrix, got shape ", ctx.Input(1).shape());
  ONEDGE_ASSIGN_OR_RETURN(const MatMulPlan plan,
                          PlanMatMul(ctx.Input(0).shape(), ctx.Input(1).shape(), false, trans_b));
  if (ctx.HasInput(2) && ctx.Input(2).element_count() != static_cast<int64_t>(plan.n)) {
    return InvalidArgument("input 2: expected a bias of [", plan.n, "], got shape ", ctx.Input(2).shape());
  }
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor weight, RealInput<T>(ctx, 1, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor bias, OptionalRealInput<T>(ctx, 2, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, plan.out));
    MatMulBlock<T> block;
    block.m = plan.m;
    block.k = plan.k;
    block.n = plan.n;
    block.a = x.template data<T>();
    block.a_row = plan.k;
    block.a_k = 1;
    block.b = weight.template data<T>();
    block.b_row = plan.n;
    block.c = y.data();
    block.c_row = plan.n;
    if (trans_b && plan.k * plan.n > 0) {
      ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(plan.k * plan.n * sizeof(T)));
      TransposeMatrix(block.b, plan.n, plan.k, reinterpret_cast<T*>(workspace));
      block.b = reinterpret_cast<const T*>(workspace);
    }
    RunMatMul(block, ctx.threads());
    const T* biases = bias.defined() ? bias.template data<T>() : nullptr;
    ParallelRanges(ctx.threads(), plan.m, plan.n * 8, [&](size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) {
        T* out = block.c + row * plan.n;
        if (biases) {
          for (size_t j = 0; j < plan.n; ++j) out[j] = out[j] + biases[j];
        }
        Activate(activation, out, plan.n);
      }
    });
    return y.Store();
  });
}

size_t Linear::WorkspaceBytes(const ShapeContext& ctx) const {
  const auto weight = ctx.InputDims(1) ? graph::ShapeOf(*ctx.InputDims(1)) : std::nullopt;
  if (!trans_b || !weight) return 0;
  return static_cast<size_t>(weight->element_count()) * (ctx.InputDType(0) == DType::kFloat64 ? 8 : 4);
}

template <>
Result<OpPtr> Parse<Linear>(AttributeReader& attrs) {
  auto op = std::make_unique<Linear>();
  op->trans_b = attrs.Int("trans_b", 0) != 0;
  op->activation = ReadActivation(attrs);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
