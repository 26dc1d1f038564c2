// MatMul (ai.onnx 1, 9, 13) and FusedMatMul (com.microsoft 1): numpy's matmul over the two innermost dimensions;
// batches broadcast.
#include "ops/nn/matmul_kernel.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

struct MatMulOptions {
  bool trans_a = false;
  bool trans_b = false;
  float alpha = 1.0f;
};

template <typename T>
void MultiplyBatches(const MatMulPlan& plan, const MatMulOptions& options, const T* a, const T* b, T* c,
                     ThreadPool* threads) {
  const auto block_of = [&](size_t batch) {
    MatMulBlock<T> block;
    block.m = plan.m;
    block.k = plan.k;
    block.n = plan.n;
    block.a = a + plan.BatchOfA(batch) * plan.m * plan.k;
    block.a_row = options.trans_a ? 1 : plan.k;
    block.a_k = options.trans_a ? plan.m : 1;
    block.b = b + plan.BatchOfB(batch) * plan.k * plan.n;
    block.b_row = plan.n;
    block.c = c + batch * plan.m * plan.n;
    block.c_row = plan.n;
    return block;
  };
  if (plan.batches == 1) {
    RunMatMul(block_of(0), threads);
  } else {
    ParallelRanges(threads, plan.batches, plan.m * plan.n * plan.k, [&](size_t begin, size_t end) {
      for (size_t batch = begin; batch < end; ++batch) RunMatMul(block_of(batch));
    });
  }
  if (options.alpha != 1.0f) {
    const size_t count = plan.batches * plan.m * plan.n;
    for (size_t i = 0; i < count; ++i) c[i] = c[i] * static_cast<T>(options.alpha);
  }
}

// The matrices of `b` [..., n, k] as [..., k, n].
template <typename T>
Result<Tensor> Transposed(const Tensor& b, size_t k, size_t n, MemoryBudget* budget) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(b.dtype(), b.shape(), budget));
  const size_t matrices = k * n == 0 ? 0 : static_cast<size_t>(b.element_count()) / (k * n);
  for (size_t i = 0; i < matrices; ++i)
    TransposeMatrix(b.data<T>() + i * k * n, n, k, out.mutable_data<T>() + i * k * n);
  return out;
}

Status InferMatMul(ShapeContext& ctx, const MatMulOptions& options) {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 1));
  const Dims* a = ctx.InputDims(0);
  const Dims* b = ctx.InputDims(1);
  std::optional<Dims> out;
  if (a && b) {
    ONEDGE_ASSIGN_OR_RETURN(out, MatMulDims(*a, *b, options.trans_a, options.trans_b));
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

// a: [..., M, K], b: [..., K, N] -> [..., M, N]
Status RunMatMulOp(OpContext& ctx, const MatMulOptions& options) {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const DType dtype = ctx.Input(0).dtype();
  if (ctx.Input(1).dtype() != dtype) {
    return InvalidArgument("input 1: expected ", DTypeName(dtype), " like input 0, got ",
                           DTypeName(ctx.Input(1).dtype()));
  }
  ONEDGE_ASSIGN_OR_RETURN(const MatMulPlan plan,
                          PlanMatMul(ctx.Input(0).shape(), ctx.Input(1).shape(), options.trans_a, options.trans_b));
  const auto integers = [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(Tensor * c, ctx.Output(0, dtype, plan.out));
    MultiplyBatches(plan, options, ctx.Input(0).data<T>(), ctx.Input(1).data<T>(), c->mutable_data<T>(), ctx.threads());
    return OkStatus();
  };
  if (dtype == DType::kInt32 || dtype == DType::kUint32) return integers(uint32_t());
  if (dtype == DType::kInt64 || dtype == DType::kUint64) return integers(uint64_t());
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor a, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(Tensor b, RealInput<T>(ctx, 1, dtype));
    if (options.trans_b) {
      ONEDGE_ASSIGN_OR_RETURN(b, Transposed<T>(b, plan.k, plan.n, ctx.budget()));
    }
    ONEDGE_ASSIGN_OR_RETURN(auto c, RealOutput<T>::Create(ctx, 0, dtype, plan.out));
    MultiplyBatches(plan, options, a.template data<T>(), b.template data<T>(), c.data(), ctx.threads());
    return c.Store();
  });
}

}  // namespace

struct MatMul final : Op {
  Status InferShapes(ShapeContext& ctx) const override { return InferMatMul(ctx, {}); }
  Status Run(OpContext& ctx) const override { return RunMatMulOp(ctx, {}); }
};

// Like MatMul, times alpha; the last two dimensions of either operand can be swapped first. Floats only.
struct FusedMatMul final : Op {
  MatMulOptions options;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    return InferMatMul(ctx, options);
  }
  Status Run(OpContext& ctx) const override {
    if (ctx.HasInput(0) && ctx.InputValue(0).is_tensor() && !IsReal(ctx.Input(0).dtype())) {
      return Unsupported("input 0: expected a float type, got ", DTypeName(ctx.Input(0).dtype()));
    }
    return RunMatMulOp(ctx, options);
  }
};

template <>
Result<OpPtr> Parse<MatMul>(AttributeReader&) {
  return OpPtr(std::make_unique<MatMul>());
}

template <>
Result<OpPtr> Parse<FusedMatMul>(AttributeReader& attrs) {
  auto op = std::make_unique<FusedMatMul>();
  op->options.trans_a = attrs.Int("transA", 0) != 0;
  op->options.trans_b = attrs.Int("transB", 0) != 0;
  op->options.alpha = attrs.Float("alpha", 1.0f);
  if (attrs.Int("transBatchA", 0) != 0 || attrs.Int("transBatchB", 0) != 0) {
    attrs.Fail(Unsupported("attributes 'transBatchA' and 'transBatchB': only 0 is supported"));
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
