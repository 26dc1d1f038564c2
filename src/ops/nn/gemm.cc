// Gemm (ai.onnx 1, 6, 7, 9, 11, 13): alpha * A' * B' + beta * C, C broadcast to the product's shape.
#include "ops/nn/gemm.h"

#include "base/checked_math.h"
#include "ops/nn/matmul_kernel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// The element of C for row i, column j is c[i * row + j * column].
struct BiasStrides {
  size_t row = 0;
  size_t column = 0;
};

Result<BiasStrides> BroadcastBias(const Shape& c, size_t m, size_t n) {
  BiasStrides strides;
  const size_t columns = c.rank() >= 1 ? static_cast<size_t>(c[c.rank() - 1]) : 1;
  const size_t rows = c.rank() >= 2 ? static_cast<size_t>(c[c.rank() - 2]) : 1;
  if (c.rank() > 2 || (columns != n && columns != 1) || (rows != m && rows != 1)) {
    return InvalidArgument("input 2: expected a shape that broadcasts to [", m, ", ", n, "], got ", c);
  }
  strides.column = columns == 1 ? 0 : 1;
  strides.row = rows == 1 ? 0 : columns;
  return strides;
}

// factor * value; for integers truncated toward zero and clamped to T's range.
template <typename T>
T Scale(float factor, T value) {
  if (factor == 1.0f) return value;
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(factor) * value;
  } else {
    const double scaled = static_cast<double>(factor) * static_cast<double>(value);
    constexpr double kLow = static_cast<double>(std::numeric_limits<T>::min());
    constexpr double kEnd = static_cast<double>(std::numeric_limits<T>::max());
    if (!(scaled > kLow)) return std::numeric_limits<T>::min();
    return scaled >= kEnd ? std::numeric_limits<T>::max() : static_cast<T>(scaled);
  }
}

// T: the element type; Kernel: the compute type, of the same width.
template <typename T, typename Kernel>
Status RunGemm(const Gemm& gemm, OpContext& ctx, const MatMulPlan& plan, const Tensor& a, const Tensor& b,
               const Tensor& c, T* y) {
  MatMulBlock<Kernel> block;
  block.m = plan.m;
  block.k = plan.k;
  block.n = plan.n;
  block.a = a.data<Kernel>();
  block.a_row = gemm.trans_a ? 1 : plan.k;
  block.a_k = gemm.trans_a ? plan.m : 1;
  block.b = b.data<Kernel>();
  block.b_row = plan.n;
  block.c = reinterpret_cast<Kernel*>(y);
  block.c_row = plan.n;
  if (gemm.trans_b && plan.k * plan.n > 0) {
    ONEDGE_ASSIGN_OR_RETURN(uint8_t* workspace, ctx.Workspace(plan.k * plan.n * sizeof(Kernel)));
    TransposeMatrix(block.b, plan.n, plan.k, reinterpret_cast<Kernel*>(workspace));
    block.b = reinterpret_cast<const Kernel*>(workspace);
  }
  RunMatMul(block, ctx.threads());
  BiasStrides strides;
  const bool add = c.defined() && gemm.beta != 0.0f;
  if (c.defined()) {
    ONEDGE_ASSIGN_OR_RETURN(strides, BroadcastBias(c.shape(), plan.m, plan.n));
  }
  if (!add && gemm.alpha == 1.0f) return OkStatus();
  const T* bias = c.data<T>();
  for (size_t i = 0; i < plan.m; ++i) {
    T* row = y + i * plan.n;
    if (gemm.alpha != 1.0f) {
      for (size_t j = 0; j < plan.n; ++j) row[j] = Scale(gemm.alpha, row[j]);
    }
    if (!add) continue;
    const T* bias_row = bias + i * strides.row;
    for (size_t j = 0; j < plan.n; ++j) {
      // Integer sums wrap, like the product.
      const T scaled = Scale(gemm.beta, bias_row[j * strides.column]);
      row[j] = static_cast<T>(static_cast<Kernel>(row[j]) + static_cast<Kernel>(scaled));
    }
  }
  return OkStatus();
}

template <typename T, typename Kernel>
Status RunIntegerGemm(const Gemm& gemm, OpContext& ctx, const MatMulPlan& plan) {
  ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, ctx.Input(0).dtype(), plan.out));
  return RunGemm<T, Kernel>(gemm, ctx, plan, ctx.Input(0), ctx.Input(1), ctx.HasInput(2) ? ctx.Input(2) : Tensor(),
                            y->mutable_data<T>());
}

}  // namespace

Status Gemm::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 2));
  const Dims* a = ctx.InputDims(0);
  const Dims* b = ctx.InputDims(1);
  for (size_t i = 0; i < 2; ++i) {
    const Dims* dims = ctx.InputDims(i);
    if (dims && dims->size() != 2) {
      return InvalidArgument("input ", i, ": expected 2 dimensions, got ", dims->size());
    }
  }
  Dims out = {a ? (*a)[trans_a ? 1 : 0] : Dim::Unknown(), b ? (*b)[trans_b ? 0 : 1] : Dim::Unknown()};
  if (a && b) {
    ONEDGE_ASSIGN_OR_RETURN(out, MatMulDims(*a, *b, trans_a, trans_b));
  }
  if (const Dims* c = ctx.InputDims(2)) {
    ONEDGE_ASSIGN_OR_RETURN(const Dims with_bias, BroadcastDims(out, *c));
    if (with_bias.size() > 2) return InvalidArgument("input 2: expected at most 2 dimensions, got ", c->size());
    for (size_t i = 0; i < 2; ++i) {
      if (out[i].known() && with_bias[i].known() && out[i].value != with_bias[i].value) {
        return InvalidArgument("input 2: expected a shape that broadcasts to the product's, whose dimension ", i,
                               " is ", out[i].value, ", got ", with_bias[i].value);
      }
    }
  }
  ctx.SetOutput(0, ctx.InputDType(0), out);
  return OkStatus();
}

Status Gemm::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const Tensor& a = ctx.Input(0);
  const Tensor& b = ctx.Input(1);
  if (a.rank() != 2 || b.rank() != 2) {
    return InvalidArgument("expected matrices, got shapes ", a.shape(), " and ", b.shape());
  }
  for (size_t i = 1; i < ctx.input_count(); ++i) {
    if (ctx.HasInput(i) && ctx.Input(i).dtype() != a.dtype()) {
      return InvalidArgument("input ", i, ": expected ", DTypeName(a.dtype()), " like input 0, got ",
                             DTypeName(ctx.Input(i).dtype()));
    }
  }
  ONEDGE_ASSIGN_OR_RETURN(const MatMulPlan plan, PlanMatMul(a.shape(), b.shape(), trans_a, trans_b));
  switch (a.dtype()) {
    case DType::kInt32:
      return RunIntegerGemm<int32_t, uint32_t>(*this, ctx, plan);
    case DType::kUint32:
      return RunIntegerGemm<uint32_t, uint32_t>(*this, ctx, plan);
    case DType::kInt64:
      return RunIntegerGemm<int64_t, uint64_t>(*this, ctx, plan);
    case DType::kUint64:
      return RunIntegerGemm<uint64_t, uint64_t>(*this, ctx, plan);
    default:
      break;
  }
  const DType dtype = a.dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor real_a, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor real_b, RealInput<T>(ctx, 1, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor real_c, OptionalRealInput<T>(ctx, 2, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, plan.out));
    ONEDGE_RETURN_IF_ERROR((RunGemm<T, T>(*this, ctx, plan, real_a, real_b, real_c, y.data())));
    return y.Store();
  });
}

size_t Gemm::WorkspaceBytes(const ShapeContext& ctx) const {
  const Dims* b = ctx.InputDims(1);
  const auto shape = b ? graph::ShapeOf(*b) : std::nullopt;
  if (!trans_b || !shape) return 0;
  const DType dtype = ctx.InputDType(1);
  const size_t width = dtype == DType::kFloat64 || dtype == DType::kInt64 || dtype == DType::kUint64 ? 8 : 4;
  return static_cast<size_t>(shape->element_count()) * width;
}

template <>
Result<OpPtr> Parse<Gemm>(AttributeReader& attrs) {
  auto op = std::make_unique<Gemm>();
  op->trans_a = attrs.Int("transA", 0) != 0;
  op->trans_b = attrs.Int("transB", 0) != 0;
  op->alpha = attrs.Float("alpha", 1.0f);
  op->beta = attrs.Float("beta", 1.0f);
  if (attrs.opset() < 7) attrs.Ignore("broadcast");  // C always broadcasts
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
